-- Return the items whose code equals the query, otherwise those that have its words. Item numbers and barcodes are
-- compared as SKUs are, in small letters and in capitals. For app.search, where Postgres puts the body in its place.
create or replace function app.search_items(
  organization uuid, query text, folded text, code text, codes text[], max integer, pool integer
) returns table (id uuid, title text, detail text, matched text, score double precision)
language sql stable
begin atomic
  with coded as materialized (
    select item.id from public.items as item where item.organization_id = organization and item.sku_key = code
    union
    select item.id from public.items as item where item.organization_id = organization and item.item_no = any (codes)
    union
    select item.id from public.items as item where item.organization_id = organization and item.barcode = any (codes)
  ),
  finds as (
    select coded.id, 'code' as matched from coded
    union all
    select words.id, words.matched from app.search_by_words(organization, 'item', query, max, pool) as words
    where not exists (select from coded)
  )
  select item.id, coalesce(item.name, left(item.description, 80), item.item_no, item.sku),
    concat_ws(' · ', item.sku, item.item_no, item.category), finds.matched,
    app.closeness(folded, finds.matched,
      concat_ws(' ', coalesce(item.name, left(item.description, 200)), item.sku, item.item_no))
  from finds
  join public.items as item on item.organization_id = organization and item.id = finds.id;
end;
