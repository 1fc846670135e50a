-- Make an agent account for a person who manages the organization, up to the plan's number of agents.
create or replace function app.create_agent_account(agent_name text, agent_platform text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization record;
  agents bigint;
  made uuid;
begin
  -- The lock on the organization makes the count exact when two keys are asked for at once.
  select organizations.id, organizations.plan_code as plan,
    plans.agents_included + organizations.additional_agents as agent_limit, plans.upgrade
  into organization
  from public.organizations
  join public.plans on plans.code = organizations.plan_code
  where organizations.id = app.organization_with('manage')
  for no key update of organizations;
  if organization is null then
    perform app.refuse(403, 'insufficient_scope', 'only an owner or admin of the organization can create agents',
      '{"required": "manage"}');
  end if;
  select count(distinct key.agent_id) into agents
  from public.agent_api_keys as key
  where key.organization_id = organization.id and key.is_active and (key.expires_at is null or key.expires_at > now());
  if agents >= organization.agent_limit then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows %s agents: revoke the keys of one, or upgrade. %s', organization.plan,
        organization.agent_limit, organization.upgrade),
      jsonb_build_object('resource', 'agents', 'current', agents, 'limit', organization.agent_limit, 'plan',
        organization.plan, 'upgrade', organization.upgrade));
  end if;
  insert into public.agent_accounts (organization_id, user_id, name, platform)
  values (organization.id, app.create_agent_user(agent_name, organization.id), agent_name, agent_platform)
  returning id into made;
  return made;
end
$$;
