-- Return whether one of the names is a whole value in the document.
create or replace function app.is_named_in(document jsonb, names text[]) returns boolean
language sql immutable set search_path = ''
return exists (
  select from jsonb_path_query(document, 'strict $.**') as found
  where jsonb_typeof(found) in ('string', 'number') and ltrim(found #>> '{}', '+') = any (names)
);
grant execute on function app.is_named_in to authenticated;
