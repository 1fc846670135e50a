-- Claim an idempotency key, or return the answer that was kept under it. With and without an organization are two
-- statements: one condition for both would not use the unique key.
create or replace function app.claim_idempotency_key(operation text, key text, request_hash text)
returns table (status smallint, response bytea)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_id();
  principal uuid := (app.claims() ->> 'sub')::uuid;
  kept record;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(E'\n', organization, principal,
    claim_idempotency_key.operation, claim_idempotency_key.key), 0)) then
    perform app.refuse(409, 'idempotency_in_flight',
      'a request with this idempotency key is being worked on: wait a second, then send it again',
      '{"retry_after": 1}');
  end if;
  if organization is null then
    select stored.* into kept
    from public.idempotency_keys as stored
    where stored.organization_id is null and stored.principal_id = principal
      and stored.operation = claim_idempotency_key.operation and stored.key = claim_idempotency_key.key
      and stored.created_at > now() - interval '24 hours';
  else
    select stored.* into kept
    from public.idempotency_keys as stored
    where stored.organization_id = organization and stored.principal_id = principal
      and stored.operation = claim_idempotency_key.operation and stored.key = claim_idempotency_key.key
      and stored.created_at > now() - interval '24 hours';
  end if;
  if kept is null then
    return;
  end if;
  if kept.request_hash <> claim_idempotency_key.request_hash then
    perform app.refuse(422, 'idempotency_key_reused',
      'this idempotency key was used with another request: choose a new key');
  end if;
  return query select kept.status, kept.response;
end
$$;
grant execute on function app.claim_idempotency_key to authenticated;
