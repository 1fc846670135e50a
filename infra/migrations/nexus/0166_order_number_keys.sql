-- An order number is one number in all its spellings: 1001, #1001, " 1001" and Arabic digits are the same.
--
-- Orders of before whose numbers are one in two spellings are kept, because customers and parcels know them by those numbers:
-- the eldest has the key; each other has the key, a blank and its number as written, is found by exactly that, and is shown by
-- order_number_key=like.*%20* over /rest/v1. No new number can have such a key, since keys have no blanks. A notice names them.

-- What all spellings of a number have in common. The bound is for the index; a number of 100 letters may fold to 1,800.
create function app.order_number_key(number text) returns text
language sql immutable strict parallel safe set search_path = ''
return left(coalesce(nullif(ltrim(app.code_key(number), '#'), ''), app.code_key(number)), 300);

-- The keys under which an order of that number may stand.
create function app.order_number_keys(number text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return array[app.order_number_key(number), app.order_number_key(number) || ' ' || number];
grant execute on function app.order_number_key, app.order_number_keys to authenticated, service_role;

alter table public.orders add column order_number_key text collate "C" check (length(order_number_key) <= 401);
alter table public.orders disable trigger user;
with spelt as materialized (
  select placed.id, placed.organization_id, placed.created_at, app.order_number_key(placed.order_number) as key
  from public.orders as placed
), ranked as (
  select spelt.id, spelt.key, row_number() over (partition by spelt.organization_id, spelt.key order by spelt.created_at, spelt.id) as place
  from spelt
)
update public.orders as placed
set order_number_key = case ranked.place when 1 then ranked.key else ranked.key || ' ' || placed.order_number end
from ranked
where ranked.id = placed.id;
alter table public.orders enable trigger user;
create unique index orders_order_number_key on public.orders (organization_id, order_number_key);
comment on column public.orders.order_number is
  'Made as ORD-<year>-<number> where none is given. No two orders of an organization share one, in whatever capitals, blanks, dashes, digits or with a leading #.';
comment on column public.orders.order_number_key is 'What all spellings of the number have in common; look-ups compare it.';

do $$
declare
  twins text;
begin
  select string_agg(format('%L in organization %s', twin.order_number, twin.organization_id), '; ') into twins
  from (
    select placed.organization_id, placed.order_number from public.orders as placed
    where placed.order_number_key like '% %'
    order by placed.organization_id, placed.created_at
    limit 20
  ) as twin;
  if twins is not null then
    raise notice 'orders whose number an elder order has in another spelling: %', twins;
  end if;
end
$$;

-- Whoever makes a number and whoever writes one that could be made take turns: what the one has not committed the other does not see.
create function app.lock_order_numbers(organization_id uuid) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('order numbers', uuid_hash_extended(organization_id, 0)))
$$;
revoke execute on function app.lock_order_numbers from public;
grant execute on function app.lock_order_numbers to authenticated, service_role;

create function app.key_order_number() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.order_number = old.order_number then
    new.order_number_key := old.order_number_key;
  else
    new.order_number_key := app.order_number_key(new.order_number);
    if new.order_number_key ~ '^ord-[0-9]{4}-[0-9]{3,}$' then
      perform app.lock_order_numbers(new.organization_id);
    end if;
  end if;
  return new;
end
$$;
-- Its name comes after number_order's, and so does its turn.
create trigger order_number_key before insert or update of order_number, order_number_key on public.orders
  for each row execute function app.key_order_number();
-- The trail tells the number.
create or replace trigger audit after insert or update or delete on public.orders
  for each row execute function app.audit('order_number_key');

-- As 0043 has it; a number is taken in each of its spellings.
create or replace function app.number_order() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  this_year integer;
  next_number integer;
  key text;
begin
  if current_setting('role') in ('anon', 'authenticated')
    and new.organization_id is distinct from app.organization_with('write')
  then
    return new;
  end if;
  perform app.lock_order_numbers(new.organization_id);
  this_year := extract(year from now() at time zone coalesce(
    (select organizations.timezone from public.organizations where organizations.id = new.organization_id), 'UTC'
  ));
  loop
    insert into public.order_sequences as sequence (organization_id, year, last_number)
    values (new.organization_id, this_year, 1)
    on conflict (organization_id, year) do update set last_number = sequence.last_number + 1
    returning sequence.last_number into next_number;
    new.order_number := format('ORD-%s-%s', this_year, lpad(next_number::text, greatest(3, length(next_number::text)), '0'));
    key := app.order_number_key(new.order_number);
    exit when not exists (
      select from public.orders where orders.organization_id = new.organization_id and orders.order_number_key = key
    );
  end loop;
  return new;
end
$$;

-- As 0120 has it; an order is found in each spelling of its number.
create or replace function app.search(query text, kinds text[], max integer, number text default null)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  codes text[] := array[btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#'), ltrim(upper(folded), '#')];
  code text := app.code_key(query);
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
