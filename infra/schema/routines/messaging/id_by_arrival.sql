-- Return an id that sorts after those returned before it: a version 7 UUID, with the microsecond of its creation.
-- Messages whose channel gives whole seconds are so in the order in which they came.
create or replace function app.id_by_arrival() returns uuid
language sql volatile parallel safe set search_path = ''
return (
  select encode(
    substring(int8send(moment / 1000) from 3)
    || substring(int4send(28672 + (moment % 1000 * 4096 / 1000)::integer) from 3)
    || substring(uuid_send(gen_random_uuid()) from 9), 'hex'
  )::uuid
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint) as clock (moment)
);
grant execute on function app.id_by_arrival to authenticated, service_role;
