-- Create a second key for the agent of this one, which stays valid until `overlap` has passed. Return no row where the
-- key cannot be rotated: it is absent, not the caller's, not active, or was rotated before.
create or replace function app.rotate_agent_key(key_id uuid, new_prefix text, new_hash text, overlap interval)
returns table (
  id uuid, organization_id uuid, agent_id uuid, name text, key_prefix text, scopes text[], expires_at timestamptz
)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('manage');
  old public.agent_api_keys;
begin
  select key.* into old
  from public.agent_api_keys as key
  where key.organization_id = organization and key.id = rotate_agent_key.key_id
  for update;
  if old.id is null or not old.is_active or old.expires_at <= now() or old.replaced_by is not null then
    return;
  end if;
  insert into public.agent_api_keys as key
    (organization_id, agent_id, name, prefix, key_hash, scopes, expires_at, created_by)
  values (
    organization, old.agent_id, old.name, new_prefix, new_hash, old.scopes, old.expires_at,
      (app.claims() ->> 'sub')::uuid
  )
  returning key.id, key.organization_id, key.agent_id, key.name, key.prefix, key.scopes, key.expires_at
  into id, organization_id, agent_id, name, key_prefix, scopes, expires_at;
  update public.agent_api_keys as key
  set replaced_by = rotate_agent_key.id, expires_at = least(key.expires_at, now() + overlap)
  where key.organization_id = organization and key.id = old.id;
  return next;
end
$$;
grant execute on function app.rotate_agent_key to authenticated;
