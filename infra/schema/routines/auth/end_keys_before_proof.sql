-- End the keys that were made before the account proved its address.
create or replace function app.end_keys_before_proof() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if app.proven_at(old) is null and app.proven_at(new) is not null then
    update public.agent_api_keys as key
    set is_active = false, revoked_at = now()
    where key.created_by = new.id and key.is_active;
  end if;
  return null;
end
$$;
