-- Refuse an assignee who is not a colleague.
create or replace function app.check_contact_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user = 'authenticated' and not app.is_colleague(new.organization_id, new.assigned_to) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return null;
end
$$;
