-- Return the ids of at most 1,000 contacts with this phone number.
create or replace function app.contacts_with_phone(phone text, number text default null) returns setof uuid
language sql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
  select known.id from app.search_by_phone(app.organization_id(), phone, 1000, number) as known (id)
$$;
grant execute on function app.contacts_with_phone to authenticated;
