-- Return whether each text has a character that can be seen.
create or replace function app.are_visible(texts text[]) returns boolean
language sql immutable strict parallel safe set search_path = ''
return not exists (select from unnest(texts) as each where not app.is_visible(each));
grant execute on function app.are_visible to anon, authenticated, service_role;
