-- Return the orders whose number equals the query, otherwise those that have its words. For app.search, where Postgres
-- puts the body in its place.
create or replace function app.search_orders(
  organization uuid, query text, numbers text[], max integer, pool integer
) returns table (id uuid, matched text)
language sql stable
begin atomic
  with coded as materialized (
    select placed.id from public.orders as placed
    where placed.organization_id = organization and placed.order_number_key = any (numbers)
  )
  select coded.id, 'code' from coded
  union all
  select words.id, words.matched from app.search_by_words(organization, 'order', query, max, pool) as words
  where not exists (select from coded);
end;
