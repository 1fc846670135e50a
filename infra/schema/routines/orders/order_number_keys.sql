-- Return the keys under which an order of that number may be stored.
create or replace function app.order_number_keys(number text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return array[app.order_number_key(number), app.order_number_key(number) || ' ' || number];
grant execute on function app.order_number_keys to authenticated, service_role;
