-- Whoever makes a number and whoever writes one that could be made take turns: what the one has not committed the
-- other does not see.
create or replace function app.lock_order_numbers(organization_id uuid) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('order numbers', uuid_hash_extended(organization_id, 0)))
$$;
grant execute on function app.lock_order_numbers to authenticated, service_role;
