-- Return whether the user id belongs to a member or an agent of the organization.
create or replace function app.is_colleague(organization uuid, named text) returns boolean
language sql stable set search_path = ''
return exists (
  select from public.organization_members as member
  where member.organization_id = is_colleague.organization and member.user_id::text = lower(named)
  union all
  select from public.agent_accounts as agent
  where agent.organization_id = is_colleague.organization and agent.user_id::text = lower(named)
);
grant execute on function app.is_colleague to authenticated, service_role;
