-- Take the lock on order numbers. Who generates a number and who writes one that could be generated take turns: neither
-- sees what the other has not committed.
create or replace function app.lock_order_numbers(organization_id uuid) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('order numbers', uuid_hash_extended(organization_id, 0)))
$$;
grant execute on function app.lock_order_numbers to authenticated, service_role;
