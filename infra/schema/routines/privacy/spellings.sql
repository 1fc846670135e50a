-- Return every way in which a number, address or id is written, without the plus sign.
create or replace function app.spellings(identity text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return (
  select array_agg(distinct ltrim(form, '+'))
  from unnest(array[identity, lower(identity)] || app.phone_forms('+' || ltrim(identity, '+'))) as form
  where length(ltrim(form, '+')) >= 6
);
grant execute on function app.spellings to authenticated;
