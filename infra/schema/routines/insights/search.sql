-- Return the best `max` finds of the caller's organization over all kinds, best first. Where a code or an address
-- equals the query, the words of its kind are not looked up. Orders are found by their number and by their contact;
-- item numbers and barcodes are read as SKUs are, in small letters and in capitals.
create or replace function app.search(query text, kinds text[], max integer, number text default null)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  code text := app.code_key(query);
  codes text[] := array[
    btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#'), ltrim(upper(folded), '#'),
    ltrim(code, '#'), upper(ltrim(code, '#'))
  ];
  numbers text[] := app.order_number_keys(query);
  -- More than is asked for, so that the best of them can be chosen.
  pool integer := greatest(3 * max, 100);
begin
  if organization is null or folded = '' then
    return;
  end if;
  return query
  with coded_contacts as materialized (
    select known.id from app.search_by_identity(organization, query, max, number) as known (id)
    where kinds && array['contact', 'order']
  ),
  coded_items as materialized (
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.sku_key = code
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.item_no = any (codes)
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.barcode = any (codes)
  ),
  coded_orders as materialized (
    select coded.id from public.orders as coded
    where coded.organization_id = organization and coded.order_number_key = any (numbers)
  ),
  contact_finds as materialized (
    select coded_contacts.id, 'code' as matched from coded_contacts
    union all
    select words.id, words.matched from app.search_by_words(organization, 'contact', query, max, pool) as words
    where kinds && array['contact', 'order'] and not exists (select from coded_contacts)
  ),
  contacts as materialized (
    select contact.id, finds.matched, contact.phone_number, contact.email,
      coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''), contact.company, contact.phone_number,
        contact.email) as name,
      app.closeness(folded, finds.matched,
        concat_ws(' ', contact.first_name, contact.last_name, contact.company)) as score
    from contact_finds as finds
    join public.customers as contact on contact.organization_id = organization and contact.id = finds.id
    order by score desc, contact.created_at desc
    limit max
  ),
  item_finds as (
    select coded_items.id, 'code' as matched from coded_items
    union all
    select words.id, words.matched from app.search_by_words(organization, 'item', query, max, pool) as words
    where not exists (select from coded_items)
  ),
  order_finds as (
    select coded_orders.id, 'code' as matched from coded_orders
    union all
    select words.id, words.matched from app.search_by_words(organization, 'order', query, max, pool) as words
    where not exists (select from coded_orders)
    union all
    select placed.id, 'customer'
    from contacts
    cross join lateral (
      select theirs.id from public.orders as theirs
      where theirs.organization_id = organization and theirs.customer_id = contacts.id
      order by theirs.created_at desc, theirs.id desc
      limit 3
    ) as placed
    where contacts.matched in ('code', 'exact', 'prefix', 'similar')
  ),
  results as (
    select 'contact' as kind, contacts.id, contacts.name as title,
      concat_ws(' · ', nullif(contacts.phone_number, contacts.name), nullif(contacts.email, contacts.name)) as detail,
      contacts.matched, contacts.score
    from contacts
    where 'contact' = any (kinds)
    union all
    select 'item', item.id, coalesce(item.name, left(item.description, 80), item.item_no, item.sku),
      concat_ws(' · ', item.sku, item.item_no, item.category), item_finds.matched,
      app.closeness(folded, item_finds.matched,
        concat_ws(' ', coalesce(item.name, left(item.description, 200)), item.sku, item.item_no))
    from item_finds
    join public.items as item on item.organization_id = organization and item.id = item_finds.id
    where 'item' = any (kinds)
    union all
    select 'order', placed.id, placed.order_number,
      concat_ws(' · ', placed.order_status::text, nullif(concat_ws(' ', buyer.first_name, buyer.last_name), '')),
        order_finds.matched,
      case order_finds.matched
        when 'customer' then 0.9 * app.closeness(folded, 'exact',
          concat_ws(' ', buyer.first_name, buyer.last_name, buyer.company))
        else app.closeness(folded, order_finds.matched, placed.order_number) end
    from order_finds
    join public.orders as placed on placed.organization_id = organization and placed.id = order_finds.id
    left join public.customers as buyer on buyer.organization_id = organization and buyer.id = placed.customer_id
    where 'order' = any (kinds)
  )
  select best.kind, best.id, best.title, best.detail, best.matched, best.score::real
  from (
    select distinct on (results.kind, results.id) results.*,
      bool_or(results.matched <> 'partial') over () as found_whole
    from results
    order by results.kind, results.id, results.score desc
  ) as best
  where best.matched <> 'partial' or not best.found_whole
  order by best.score desc, best.kind, best.id
  limit max;
end
$$;
grant execute on function app.search to authenticated;
