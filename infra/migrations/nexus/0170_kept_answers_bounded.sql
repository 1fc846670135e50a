-- What is kept under an idempotency key has a bound. The edge refuses such an answer before (answer_too_large_to_keep);
-- what was kept before is at most a day old, and is not looked at.
alter table public.idempotency_keys add constraint idempotency_keys_response_check
  check (octet_length(response) <= 100000) not valid;
