-- Count what one transaction of a caller adds to the trail beyond its first 64 kB, in pieces of that size. Small
-- changes are bounded by the day's API calls, and wait for no counter.
create or replace function app.count_trail() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  bytes bigint := coalesce(nullif(current_setting('app.trail_bytes', true), '')::bigint, 0)
    + octet_length(new.changes::text) + 200;
begin
  if bytes > 65536 then
    perform app.add_usage(new.organization_id, 'trail_bytes', bytes);
    bytes := 0;
  end if;
  perform set_config('app.trail_bytes', bytes::text, true);
  return null;
end
$$;
