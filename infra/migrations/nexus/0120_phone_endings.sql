-- A phone is found by each of its endings of four digits or more, also where they begin with 0 or could be a whole number
-- themselves. `number` is the text in E.164, where it reads as a whole number of the organization's country; the number comes
-- first, then what ends in the digits as they are written, and only where neither is known what ends in them without their zeros.

-- Of the five only lists and the search are called from outside; their calls of before go on, by the default.
-- squawk-ignore-file ban-drop-function
drop function app.search_by_phone(uuid, text, integer);
drop function app.search_by_identity(uuid, text, integer);
drop function app.contacts_named(text);
drop function app.contacts_with_phone(text);
drop function app.search(text, text[], integer);

create function app.contacts_ending_in(organization uuid, digits text, max integer) returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  tokens bigint[];
begin
  if length(digits) >= 4 then
    tokens := array[hashtextextended(
      's' || right(digits, case when length(digits) >= 8 then 8 else 4 end), pg_catalog.uuid_hash_extended(organization, 0)
    )];
    return query
    select contact.id
    from app.search_rows(organization, 'contact', tokens, tokens, tokens, 1000) as found (id)
    join public.customers as contact on contact.organization_id = organization and contact.id = found.id
    where exists (
      select from unnest(app.phone_forms(contact.phone_number)) as form where form like '%' || digits
    )
    limit max;
  end if;
end
$$;
create function app.search_by_phone(organization uuid, phone text, max integer, number text) returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  folded text := regexp_replace(app.fold(phone), '^(tel|callto|sms|whatsapp): ?', '');
  digits text := case
    when folded ~ '^[-+0-9 ().\[\]/\\~\u2010-\u2015\u2212]+$' then regexp_replace(folded, '[^0-9]', '', 'g')
  end;
  whole text := coalesce(number, substring(folded from '^\+[1-9][0-9]{6,14}$'));
  known boolean;
begin
  return query
  select identity.customer_id
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.kind = 'phone' and identity.value = app.phone_key(whole)
  limit max;
  known := found;
  if known and ltrim(folded, '([ ') like '+%' then
    return;
  end if;
  return query select app.contacts_ending_in(organization, digits, max);
  if not (known or found) then
    return query select app.contacts_ending_in(organization, coalesce(substr(whole, 2), ltrim(digits, '0')), max);
  end if;
end
$$;
create function app.search_by_identity(organization uuid, query text, max integer, number text) returns setof uuid
language sql stable rows 5 set search_path = '' as $$
  select known.id from app.search_by_phone(organization, query, max, number) as known (id)
  union
  select identity.customer_id from public.customer_identities as identity
  where identity.organization_id = organization
    and (identity.kind, identity.value) in (
      ('email', lower(app.clean_email(query))),
      ('whatsapp', lower(btrim(query))), ('facebook', lower(btrim(query))), ('instagram', lower(btrim(query)))
    )
$$;

-- Below: as 0015 and 0075 have them, with `number`.
create function app.contacts_named(query text, number text default null) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
begin
  return query
  select known.id from app.search_by_identity(organization, query, 1000, number) as known (id)
  union
  select near.id
  from (
    select found.id, found.matched = 'similar' or found.matched = 'partial' as guessed, bool_or(found.matched in ('exact', 'prefix')) over () as certain
    from app.search_by_words(organization, 'contact', query, 1000, 1000) as found
  ) as near
  where not (near.guessed and near.certain);
end
$$;
create function app.contacts_with_phone(phone text, number text default null) returns setof uuid
language sql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
  select known.id from app.search_by_phone(app.organization_id(), phone, 1000, number) as known (id)
$$;
create function app.search(query text, kinds text[], max integer, number text default null)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  codes text[] := array[btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#'), ltrim(upper(folded), '#')];
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
    where coded.organization_id = organization and coded.sku_key = app.code_key(query)
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.item_no = any (codes)
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.barcode = any (codes)
  ),
  coded_orders as materialized (
    select coded.id from public.orders as coded
    where coded.organization_id = organization and coded.order_number = any (codes)
  ),
  contact_finds as materialized (
    select coded_contacts.id, 'code' as matched from coded_contacts
    union all
    select words.id, words.matched from app.search_by_words(organization, 'contact', query, max, pool) as words
    where kinds && array['contact', 'order'] and not exists (select from coded_contacts)
  ),
  contacts as materialized (
    select contact.id, finds.matched, contact.phone_number, contact.email,
      coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''), contact.company, contact.phone_number, contact.email) as name,
      app.closeness(folded, finds.matched, concat_ws(' ', contact.first_name, contact.last_name, contact.company)) as score
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
      app.closeness(folded, item_finds.matched, concat_ws(' ', coalesce(item.name, left(item.description, 200)), item.sku, item.item_no))
    from item_finds
    join public.items as item on item.organization_id = organization and item.id = item_finds.id
    where 'item' = any (kinds)
    union all
    select 'order', placed.id, placed.order_number,
      concat_ws(' · ', placed.order_status::text, nullif(concat_ws(' ', buyer.first_name, buyer.last_name), '')), order_finds.matched,
      case order_finds.matched
        when 'customer' then 0.9 * app.closeness(folded, 'exact', concat_ws(' ', buyer.first_name, buyer.last_name, buyer.company))
        else app.closeness(folded, order_finds.matched, placed.order_number) end
    from order_finds
    join public.orders as placed on placed.organization_id = organization and placed.id = order_finds.id
    left join public.customers as buyer on buyer.organization_id = organization and buyer.id = placed.customer_id
    where 'order' = any (kinds)
  )
  select best.kind, best.id, best.title, best.detail, best.matched, best.score::real
  from (
    select distinct on (results.kind, results.id) results.*, bool_or(results.matched <> 'partial') over () as found_whole
    from results
    order by results.kind, results.id, results.score desc
  ) as best
  where best.matched <> 'partial' or not best.found_whole
  order by best.score desc, best.kind, best.id
  limit max;
end
$$;
grant execute on function app.contacts_named, app.contacts_with_phone, app.search to authenticated;
