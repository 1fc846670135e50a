-- Answers of writes, kept so that the same key gives the same answer and one effect.

create table public.idempotency_keys (
  id bigint generated always as identity primary key,
  organization_id uuid references public.organizations (id) on delete cascade,
  principal_id uuid not null,
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash text not null,
  status smallint not null,
  response bytea not null,
  created_at timestamptz not null default now(),
  unique nulls not distinct (organization_id, principal_id, operation, key)
);
create index idempotency_keys_created_at_idx on public.idempotency_keys (created_at);
comment on table public.idempotency_keys is 'First answers of writes by idempotency key, kept for 24 hours. Reached through functions only.';
comment on column public.idempotency_keys.organization_id is 'Null for what a person does who belongs to none yet.';
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
grant select, insert, delete on public.idempotency_keys to service_role;

-- Claims a key for this transaction: the stored answer, or nothing where the caller is the first. A twin in flight holds
-- the lock, which the end of its transaction frees, so a claim never outlives the write it guards.
create function app.claim_idempotency_key(operation text, key text, request_hash text)
returns table (status smallint, response bytea)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_id();
  principal uuid := (app.claims() ->> 'sub')::uuid;
  kept record;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(E'\n', organization, principal, claim_idempotency_key.operation, claim_idempotency_key.key), 0)) then
    perform app.refuse(409, 'idempotency_in_flight', 'a request with this idempotency key is being worked on: wait a second, then send it again', '{"retry_after": 1}');
  end if;
  select stored.* into kept
  from public.idempotency_keys as stored
  where (stored.organization_id = organization or (organization is null and stored.organization_id is null))
    and stored.principal_id = principal
    and stored.operation = claim_idempotency_key.operation and stored.key = claim_idempotency_key.key
    and stored.created_at > now() - interval '24 hours';
  if kept is null then
    return;
  end if;
  if kept.request_hash <> claim_idempotency_key.request_hash then
    perform app.refuse(422, 'idempotency_key_reused', 'this idempotency key was used with another request: choose a new key');
  end if;
  return query select kept.status, kept.response;
end
$$;
grant execute on function app.claim_idempotency_key to authenticated;

create function app.keep_idempotent_answer(operation text, key text, request_hash text, status smallint, response bytea) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.idempotency_keys as stored
    (organization_id, principal_id, operation, key, request_hash, status, response)
  values (
    app.organization_id(), (app.claims() ->> 'sub')::uuid, keep_idempotent_answer.operation, keep_idempotent_answer.key,
    keep_idempotent_answer.request_hash, keep_idempotent_answer.status, keep_idempotent_answer.response
  )
  -- Only a row past its 24 hours can still be there.
  on conflict (organization_id, principal_id, operation, key) do update
  set request_hash = excluded.request_hash, status = excluded.status, response = excluded.response, created_at = now()
$$;
grant execute on function app.keep_idempotent_answer to authenticated;
