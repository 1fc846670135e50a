-- Return what all spellings of a number have in common. The bound is for the index; a number of 100 letters may fold to
-- 1,800.
create or replace function app.order_number_key(number text) returns text
language sql immutable strict parallel safe set search_path = ''
return left(coalesce(nullif(ltrim(app.code_key(number), '#'), ''), app.code_key(number)), 300);
grant execute on function app.order_number_key to authenticated, service_role;
