-- Return the ending of an object's name.
create or replace function storage.extension(name text) returns text
language sql immutable set search_path = ''
return reverse(split_part(reverse(storage.filename(name)), '.', 1));
grant execute on function storage.extension to anon, authenticated, service_role;
