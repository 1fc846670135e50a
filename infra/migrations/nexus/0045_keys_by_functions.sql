-- Agent keys are made, rotated and revoked by functions alone: a client that writes a row chooses its own hash, undoes a
-- revocation or names another maker.

drop policy agent_api_keys_insert on public.agent_api_keys;
drop policy agent_api_keys_update on public.agent_api_keys;
revoke insert, update on public.agent_api_keys from authenticated;
-- Only app.create_agent_key makes agents.
revoke execute on function app.create_agent_account from authenticated;

-- After the row is there, so that nothing is looked up for a row that will be refused.
drop trigger check_key_scopes on public.agent_api_keys;
create trigger check_key_scopes after insert or update of scopes on public.agent_api_keys
  for each row execute function app.check_key_scopes();

-- A new agent of the caller's organization with its first key.
create function app.create_agent_key(
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

-- A second key for the agent of this one, which works on until `overlap` has passed. No row where the key cannot be
-- rotated: absent, not the caller's, not active, or rotated before.
create function app.rotate_agent_key(key_id uuid, new_prefix text, new_hash text, overlap interval)
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
    organization, old.agent_id, old.name, new_prefix, new_hash, old.scopes, old.expires_at, (app.claims() ->> 'sub')::uuid
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

-- Whether the caller's organization has such a key; it is revoked then.
create function app.revoke_agent_key(key_id uuid) returns boolean
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
