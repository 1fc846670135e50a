-- A claim that travels with the first statement of the work it guards. A key that has an answer already is a refusal, so
-- that Postgres carries out nothing that was sent along; the answer is in its fields.

create function app.claim_once(operation text, key text, request_hash text) returns void
language plpgsql volatile set search_path = '' as $$
declare
  kept record;
begin
  select claimed.status, claimed.response into kept
  from app.claim_idempotency_key(claim_once.operation, claim_once.key, claim_once.request_hash) as claimed;
  if found then
    perform app.refuse(409, 'answered_before', 'a request with this idempotency key has its answer',
      jsonb_build_object('status', kept.status, 'response', encode(kept.response, 'base64')));
  end if;
end
$$;
grant execute on function app.claim_once to authenticated;

-- In PL/pgSQL, as app.record_event is (0028). What it does is as it was.
create or replace function app.keep_idempotent_answer(operation text, key text, request_hash text, status smallint, response bytea) returns void
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  insert into public.idempotency_keys as stored
    (organization_id, principal_id, operation, key, request_hash, status, response)
  values (
    app.organization_id(), (app.claims() ->> 'sub')::uuid, keep_idempotent_answer.operation, keep_idempotent_answer.key,
    keep_idempotent_answer.request_hash, keep_idempotent_answer.status, keep_idempotent_answer.response
  )
  -- Only a row past its 24 hours can still be there, or what a step after the commit made of the answer.
  on conflict (organization_id, principal_id, operation, key) do update
  set request_hash = excluded.request_hash, status = excluded.status, response = excluded.response, created_at = now();
end
$$;
