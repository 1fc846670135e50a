-- Return whether the text has a character that can be seen. A statement that writes a name reads the whole list anew
-- where the question is SQL: as plpgsql a connection reads it once.
create or replace function app.is_visible(value text) returns boolean
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return value ~ ('[^' || app.list_invisible_basic() || app.list_invisible_supplementary() || ']');
end
$$;
grant execute on function app.is_visible to anon, authenticated, service_role;
