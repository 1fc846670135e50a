-- Register an agent by itself: create its auth user, a free organization of its own, the account and the first key, or
-- none of them.
create or replace function app.register_agent(
  agent_name text, agent_platform text, owner_email text, organization_name text, key_prefix text, key_hash text
) returns table (organization_id uuid, agent_id uuid, key_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.organizations (name) values (organization_name) returning id into organization_id;
  insert into public.agent_accounts (organization_id, user_id, name, platform, owner_email)
  values (
    register_agent.organization_id, app.create_agent_user(agent_name, register_agent.organization_id),
    agent_name, agent_platform, register_agent.owner_email
  )
  returning id into agent_id;
  insert into public.agent_api_keys (organization_id, agent_id, name, prefix, key_hash, scopes)
  values (register_agent.organization_id, register_agent.agent_id, agent_name, key_prefix, register_agent.key_hash,
    '{read}')
  returning id into key_id;
  return next;
end
$$;
grant execute on function app.register_agent to service_role;
