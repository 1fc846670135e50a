-- Return the folders of an object's name.
create or replace function storage.foldername(name text) returns text[]
language sql immutable set search_path = ''
return (string_to_array(name, '/'))[: array_length(string_to_array(name, '/'), 1) - 1];
grant execute on function storage.foldername to anon, authenticated, service_role;
