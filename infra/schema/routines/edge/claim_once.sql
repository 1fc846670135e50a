-- Claim an idempotency key together with the first statement of the work that it guards. A key that has an answer
-- already is refused, so that Postgres does not execute what was sent along; the answer is in the fields of the
-- refusal.
create or replace function app.claim_once(operation text, key text, request_hash text) returns void
language plpgsql volatile set search_path = '' as $$
declare
  kept record;
begin
  select claimed.status, claimed.response into kept
  from app.claim_idempotency_key(claim_once.operation, claim_once.key, claim_once.request_hash) as claimed;
  if found then
    perform app.refuse(409, 'answered_before', 'a request with this idempotency key was answered already',
      jsonb_build_object('status', kept.status, 'response', encode(kept.response, 'base64')));
  end if;
end
$$;
grant execute on function app.claim_once to authenticated;
