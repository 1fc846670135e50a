-- A contact is looked after by members and agents of its organization, as a conversation is (0089). What the service brings in
-- from elsewhere stays as it was written there, and what was written before stays too.

comment on column public.customers.assigned_to is
  'User id of the member or agent who looks after the contact; whom the service brings in with it may be anybody.';

create function app.is_colleague(organization uuid, named text) returns boolean
language sql stable set search_path = ''
return exists (
  select from public.organization_members as member
  where member.organization_id = is_colleague.organization and member.user_id::text = lower(named)
  union all
  select from public.agent_accounts as agent
  where agent.organization_id = is_colleague.organization and agent.user_id::text = lower(named)
);
grant execute on function app.is_colleague to authenticated, service_role;

create or replace function app.check_chat_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') and not app.is_colleague(new.organization_id, new.assigned_to) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return new;
end
$$;

create function app.check_contact_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user = 'authenticated' and not app.is_colleague(new.organization_id, new.assigned_to) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return null;
end
$$;
-- Once the row is written: of one that is there already, and stays as it is, nothing is asked.
create trigger check_assignee after insert on public.customers
  for each row when (new.assigned_to is not null) execute function app.check_contact_assignee();
create trigger check_assignee_changed after update of assigned_to on public.customers
  for each row when (new.assigned_to is not null and new.assigned_to is distinct from old.assigned_to)
  execute function app.check_contact_assignee();
