-- Conversations that prove to be one keep who answers them, also where that person has left since: only callers are held to
-- their colleagues (0046).
create or replace function app.check_chat_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') and not exists (
    select from public.organization_members as member
    where member.organization_id = new.organization_id and member.user_id::text = lower(new.assigned_to)
    union all
    select from public.agent_accounts as agent
    where agent.organization_id = new.organization_id and agent.user_id::text = lower(new.assigned_to)
  ) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return new;
end
$$;

-- A name of invisible characters names nobody (0049).
drop trigger check_reachable on public.customers;
create trigger check_reachable after insert on public.customers for each row
  when (coalesce(
    nullif(app.fold(new.first_name), ''), nullif(app.fold(new.last_name), ''), nullif(app.fold(new.company), ''),
    new.phone_number, new.email
  ) is null)
  execute function app.check_contact_reachable();
drop trigger check_still_reachable on public.customers;
create trigger check_still_reachable after update of first_name, last_name, company, phone_number, email
  on public.customers for each row
  when (
    coalesce(
      nullif(app.fold(new.first_name), ''), nullif(app.fold(new.last_name), ''), nullif(app.fold(new.company), ''),
      new.phone_number, new.email
    ) is null
    and coalesce(
      nullif(app.fold(old.first_name), ''), nullif(app.fold(old.last_name), ''), nullif(app.fold(old.company), ''),
      old.phone_number, old.email
    ) is not null
  )
  execute function app.check_contact_reachable();
