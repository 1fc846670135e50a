-- Keep the answer of a request under its idempotency key. PL/pgSQL plans the statement once for each connection.
create or replace function app.keep_idempotent_answer(operation text, key text, request_hash text, status smallint,
  response bytea) returns void
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  insert into public.idempotency_keys as stored
    (organization_id, principal_id, operation, key, request_hash, status, response)
  values (
    app.organization_id(), (app.claims() ->> 'sub')::uuid, keep_idempotent_answer.operation, keep_idempotent_answer.key,
    keep_idempotent_answer.request_hash, keep_idempotent_answer.status, keep_idempotent_answer.response
  )
  -- A row that is still there is past its 24 hours, or holds what a step after the commit made of the answer.
  on conflict (organization_id, principal_id, operation, key) do update
  set request_hash = excluded.request_hash, status = excluded.status, response = excluded.response, created_at = now();
end
$$;
grant execute on function app.keep_idempotent_answer to authenticated;
