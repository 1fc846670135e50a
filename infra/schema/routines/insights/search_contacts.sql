-- Return the best `max` contacts: those whose code or address equals the query, otherwise those that have its words.
-- For app.search, where Postgres puts the body in its place.
create or replace function app.search_contacts(
  organization uuid, kinds text[], query text, number text, folded text, max integer, pool integer
) returns table (id uuid, title text, detail text, matched text, score double precision)
language sql stable
begin atomic
  with coded as materialized (
    select known.id from app.search_by_identity(organization, query, max, number) as known (id)
    where kinds && array['contact', 'order']
  ),
  finds as materialized (
    select coded.id, 'code' as matched from coded
    union all
    select words.id, words.matched from app.search_by_words(organization, 'contact', query, max, pool) as words
    where kinds && array['contact', 'order'] and not exists (select from coded)
  )
  select contact.id, named.name,
    concat_ws(' · ', nullif(contact.phone_number, named.name), nullif(contact.email, named.name)), finds.matched,
    app.closeness(folded, finds.matched,
      concat_ws(' ', contact.first_name, contact.last_name, contact.company)) as score
  from finds
  join public.customers as contact on contact.organization_id = organization and contact.id = finds.id
  cross join lateral (
    select coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''), contact.company,
      contact.phone_number, contact.email) as name
  ) as named
  order by score desc, contact.created_at desc
  limit max;
end;
