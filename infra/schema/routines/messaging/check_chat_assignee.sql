-- Refuse an assignee who is not a colleague: only members and agents of the same organization answer. This holds for
-- callers only, so that conversations that are merged keep their assignee, also where that person has left.
create or replace function app.check_chat_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role')
    and not app.is_colleague(new.organization_id, new.assigned_to) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return new;
end
$$;
