-- Revoke a key, and return whether the caller's organization has such a key.
create or replace function app.revoke_agent_key(key_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('manage');
begin
  update public.agent_api_keys as key
  set is_active = false, revoked_at = coalesce(key.revoked_at, now())
  where key.organization_id = organization and key.id = revoke_agent_key.key_id;
  return found;
end
$$;
grant execute on function app.revoke_agent_key to authenticated;
