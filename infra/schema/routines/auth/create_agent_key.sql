-- Create a new agent of the caller's organization with its first key.
create or replace function app.create_agent_key(
  agent_name text, agent_platform text, prefix text, key_hash text, scopes text[], expires_at timestamptz
) returns table (id uuid, agent_id uuid, organization_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  organization_id := app.organization_with('manage');
  agent_id := app.create_agent_account(agent_name, agent_platform);
  insert into public.agent_api_keys as key
    (organization_id, agent_id, name, prefix, key_hash, scopes, expires_at, created_by)
  values (
    create_agent_key.organization_id, create_agent_key.agent_id, agent_name, create_agent_key.prefix,
    create_agent_key.key_hash, create_agent_key.scopes, create_agent_key.expires_at, (app.claims() ->> 'sub')::uuid
  )
  returning key.id into create_agent_key.id;
  return next;
end
$$;
grant execute on function app.create_agent_key to authenticated;
