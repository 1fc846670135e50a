-- Return the organization for which an object is stored.
create or replace function app.stored_for(name text) returns uuid
language sql immutable parallel safe set search_path = ''
return case when name ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/'
  then split_part(name, '/', 1)::uuid end;
