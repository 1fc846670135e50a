-- Return whether the text has a visible character. In PL/pgSQL, which reads the list once for each connection: in SQL
-- each statement that writes a name would read the whole list again.
create or replace function app.is_visible(value text) returns boolean
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return value ~ ('[^' || app.list_invisible_basic() || app.list_invisible_supplementary() || ']');
end
$$;
grant execute on function app.is_visible to anon, authenticated, service_role;
