-- Orders, their lines, the way an order may go, and what each step does to the stock
-- (docs/decisions/0006-stock-reservation.md).

create type public.order_status as enum ('pending', 'confirmed', 'fulfilling', 'shipped', 'delivered', 'cancelled');

-- Where an order may go from here; the one place that knows.
create function app.next_order_statuses(status public.order_status) returns public.order_status[]
language sql immutable strict parallel safe set search_path = ''
return case next_order_statuses.status
  when 'pending' then array['confirmed', 'cancelled']::public.order_status[]
  when 'confirmed' then array['fulfilling', 'cancelled']::public.order_status[]
  when 'fulfilling' then array['shipped', 'cancelled']::public.order_status[]
  when 'shipped' then array['delivered']::public.order_status[]
  else array[]::public.order_status[]
end;
grant execute on function app.next_order_statuses to anon, authenticated, service_role;

-- How many decimals a currency has (ISO 4217). kernel.money.decimals is its twin in Python; a test keeps them equal.
create function app.currency_decimals(currency text) returns integer
language sql immutable strict parallel safe set search_path = ''
return case
  when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
  when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
    'XAF', 'XOF', 'XPF') then 0
  else 2
end;
grant execute on function app.currency_decimals to anon, authenticated, service_role;

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write')
    references public.organizations (id) on delete cascade,
  customer_id uuid,
  shopify_order_id text check (length(shopify_order_id) between 1 and 100),
  order_number text collate "C" not null check (length(order_number) between 1 and 100),
  order_status public.order_status not null default 'pending',
  total_amount numeric(14, 3) not null default 0 check (total_amount >= 0),
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  items jsonb,
  airtable_record_id text check (length(airtable_record_id) between 1 and 100),
  awb_number text check (length(awb_number) between 1 and 100),
  refund_amount numeric(14, 3) not null default 0 check (refund_amount >= 0),
  shipping_address jsonb check (jsonb_typeof(shipping_address) = 'object'),
  notes text check (length(notes) <= 5000),
  source text not null default 'manual' check (source in ('manual', 'shopify', 'import')),
  payment_mode text not null default 'COD' check (payment_mode in ('COD', 'prepaid', 'partial')),
  payment_status text not null default 'unpaid'
    check (payment_status in ('unpaid', 'partially_paid', 'paid', 'refunded')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint orders_currency_decimals check (
    total_amount = round(total_amount, app.currency_decimals(currency))
    and refund_amount = round(refund_amount, app.currency_decimals(currency))
  ),
  unique (organization_id, id),
  unique (organization_id, order_number),
  unique (organization_id, shopify_order_id),
  foreign key (organization_id, customer_id)
    references public.customers (organization_id, id) on delete set null (customer_id)
);
create index orders_list_idx on public.orders (organization_id, created_at desc, id desc);
create index orders_customer_idx on public.orders (organization_id, customer_id, created_at desc, id desc);
create index orders_awb_number_idx on public.orders (organization_id, awb_number);
-- Behind row level security the comparison of an enum cannot use an index column, yet the planner may still choose this
-- smaller index: what is open stays few while what is done grows.
create index orders_open_idx on public.orders (organization_id, created_at desc, id desc)
  where order_status in ('pending', 'confirmed', 'fulfilling', 'shipped');
comment on table public.orders is 'What customers have ordered.';
comment on column public.orders.order_number is 'Made as ORD-<year>-<number> where none is given; unique in the organization.';
comment on column public.orders.order_status is
  'pending, confirmed, fulfilling, shipped, delivered; cancelled until shipped. Other steps are refused.';
comment on column public.orders.total_amount is 'In the order''s currency, with no more decimals than that has.';
comment on column public.orders.items is 'Legacy copy of the lines; order_items counts.';
comment on column public.orders.awb_number is 'The air waybill, once shipped.';
comment on column public.orders.shipping_address is 'line1, line2, city, country.';
comment on column public.orders.payment_mode is 'COD is paid at the door, prepaid before shipping, partial in both.';

create table public.order_items (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references public.orders (id) on delete cascade,
  item_id uuid references public.items (id) on delete set null,
  sku text check (length(sku) between 1 and 100),
  name text check (length(name) between 1 and 10000),
  barcode text check (length(barcode) between 1 and 100),
  qty integer not null check (qty between 1 and 1000000),
  unit_price numeric(14, 3) not null default 0 check (unit_price >= 0),
  created_at timestamptz not null default clock_timestamp()
);
create index order_items_order_id_idx on public.order_items (order_id, created_at, id);
create index order_items_item_id_idx on public.order_items (item_id);
comment on table public.order_items is 'The lines of orders; they belong to the organization of their order.';
comment on column public.order_items.item_id is 'Null for a line that is not in the catalog: it reserves no stock.';
comment on column public.order_items.sku is 'As sold: taken from the item where left out, and kept when the item changes. So are name and barcode.';
comment on column public.order_items.created_at is 'Differs between the lines of one statement, so that they keep their order.';

create table public.order_sequences (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  year integer not null,
  last_number integer not null,
  primary key (organization_id, year)
);
comment on table public.order_sequences is 'The last generated order number of each organization and year. Reached through a trigger only.';
alter table public.order_sequences enable row level security;
alter table public.order_sequences force row level security;
grant select on public.order_sequences to service_role;

-- The row lock on the sequence makes numbers unique and without gaps; numbers set by hand are stepped over.
create function app.number_order() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  this_year integer := extract(year from now() at time zone coalesce(
    (select organizations.timezone from public.organizations where organizations.id = new.organization_id), 'UTC'
  ));
  next_number integer;
begin
  loop
    insert into public.order_sequences as sequence (organization_id, year, last_number)
    values (new.organization_id, this_year, 1)
    on conflict (organization_id, year) do update set last_number = sequence.last_number + 1
    returning sequence.last_number into next_number;
    new.order_number := format('ORD-%s-%s', this_year, lpad(next_number::text, greatest(3, length(next_number::text)), '0'));
    exit when not exists (
      select from public.orders
      where orders.organization_id = new.organization_id and orders.order_number = new.order_number
    );
  end loop;
  return new;
end
$$;
create trigger number_order before insert on public.orders
  for each row when (new.order_number is null) execute function app.number_order();

-- Through the API an order begins as pending and moves by legal steps. The service may import orders that are further
-- on; from there they move by the same steps.
create function app.check_order_status() returns trigger
language plpgsql set search_path = '' as $$
declare
  allowed public.order_status[];
begin
  if tg_op = 'INSERT' then
    if new.order_status = 'pending' or current_user <> 'authenticated' then
      return new;
    end if;
    allowed := array['pending'];
  else
    allowed := app.next_order_statuses(old.order_status);
    if new.order_status = old.order_status or new.order_status = any (allowed) then
      return new;
    end if;
  end if;
  perform app.refuse(409, 'illegal_transition',
    case
      when tg_op = 'INSERT' then 'a new order is pending: create it, then move it along'
      when allowed = '{}' then format('a %s order does not change any more', old.order_status)
      else format('a %s order goes to %s, not to %s', old.order_status, array_to_string(allowed, ' or '), new.order_status)
    end,
    jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.order_status end, 'to', new.order_status, 'allowed', to_jsonb(allowed)
    ));
  return null;
end
$$;
create trigger check_order_status before insert or update of order_status on public.orders
  for each row execute function app.check_order_status();

-- What the step does to the stock: confirmed reserves, shipped moves out, cancelled gives back. Shipping reserves what is
-- not held yet (an order imported as confirmed), so that every line of an item leaves the stock exactly once.
create function app.settle_order_stock() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  moved record;
begin
  -- All that the statement touches is locked first, in one order.
  for moved in
    select after.organization_id, array_agg(distinct line.item_id) as item_ids
    from after_rows as after
    join before_rows as before on before.id = after.id and before.order_status <> after.order_status
    join public.order_items as line on line.order_id = after.id and line.item_id is not null
    where after.order_status in ('confirmed', 'shipped', 'cancelled')
    group by after.organization_id
    order by after.organization_id
  loop
    perform app.lock_stock(moved.organization_id, moved.item_ids);
  end loop;
  for moved in
    select after.organization_id, after.id, after.order_status,
      (
        select coalesce(jsonb_object_agg(line.item_id, line.qty), '{}')
        from (
          select order_items.item_id, sum(order_items.qty) as qty
          from public.order_items
          where order_items.order_id = after.id and order_items.item_id is not null
          group by order_items.item_id
        ) as line
      ) as wanted
    from after_rows as after
    join before_rows as before on before.id = after.id and before.order_status <> after.order_status
    where after.order_status in ('confirmed', 'shipped', 'cancelled')
    order by after.id
  loop
    if moved.order_status = 'cancelled' then
      perform app.release_stock(moved.organization_id, moved.id);
      continue;
    end if;
    perform app.reserve_stock(moved.organization_id, moved.id, moved.wanted);
    if moved.order_status = 'shipped' then
      perform app.consume_stock(moved.organization_id, moved.id);
    end if;
  end loop;
  return null;
end
$$;
create trigger settle_order_stock after update on public.orders
  referencing old table as before_rows new table as after_rows
  for each statement execute function app.settle_order_stock();

create function app.release_deleted_orders() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.release_stock(removed.organization_id, removed.id)
  from (select removed_rows.organization_id, removed_rows.id from removed_rows order by removed_rows.id) as removed;
  return null;
end
$$;
create trigger release_deleted_orders after delete on public.orders
  referencing old table as removed_rows for each statement execute function app.release_deleted_orders();

-- Deleting an order does not give its place in the plan back: the plan counts orders made.
create trigger count_orders after insert on public.orders
  referencing new table as added_rows for each statement execute function app.count_added('orders');
create trigger touch_updated_at before update on public.orders
  for each row execute function app.touch_updated_at();
create trigger audit after insert or update or delete on public.orders
  for each row execute function app.audit();

-- A line may change while its order is pending: from then on stock is reserved for it. The lock on the order keeps the
-- line and a step of the order apart. Runs with the caller's rights: another tenant's item is as absent as none.
create function app.check_order_item() returns trigger
language plpgsql set search_path = '' as $$
declare
  parent record;
  item record;
begin
  select orders.organization_id, orders.order_status, orders.currency into parent
  from public.orders
  where orders.id = coalesce(new.order_id, old.order_id)
  for no key update;
  -- Not there, or not the caller's: the policy or the foreign key says so. A deleted order takes its lines along.
  if parent is null then
    return coalesce(new, old);
  end if;
  if parent.order_status <> 'pending' and current_user = 'authenticated' then
    perform app.refuse(409, 'order_not_pending',
      format('lines change while the order is pending; this one is %s', parent.order_status),
      jsonb_build_object('order_status', parent.order_status));
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.unit_price <> round(new.unit_price, app.currency_decimals(parent.currency)) then
    perform app.refuse(422, 'invalid_amount',
      format('%s has %s decimals; unit_price %s has more', parent.currency, app.currency_decimals(parent.currency), new.unit_price),
      jsonb_build_object('currency', parent.currency, 'decimals', app.currency_decimals(parent.currency)));
  end if;
  if new.item_id is not null and (tg_op = 'INSERT' or new.item_id is distinct from old.item_id) then
    select items.sku, items.barcode, coalesce(items.name, items.description, items.item_no, items.sku) as name into item
    from public.items
    where items.id = new.item_id and items.organization_id = parent.organization_id;
    if item is null then
      perform app.refuse(404, 'not_found', format('there is no item %s', new.item_id),
        jsonb_build_object('item_id', new.item_id));
    end if;
    new.sku := coalesce(new.sku, item.sku);
    new.name := coalesce(new.name, item.name);
    new.barcode := coalesce(new.barcode, item.barcode);
  end if;
  return new;
end
$$;
create trigger check_order_item before insert or update or delete on public.order_items
  for each row execute function app.check_order_item();

-- The trail of lines belongs to their order: one event for each order that a statement touches. The lines are `changed`.
create function app.audit_order_items() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_event(
    orders.organization_id, 'order_items.' || lower(tg_op), 'orders', orders.id, jsonb_build_object('lines', touched.lines)
  )
  from (
    select changed.order_id,
      jsonb_agg(to_jsonb(changed) - 'order_id' - 'created_at' order by changed.created_at) as lines
    from changed
    group by changed.order_id
  ) as touched
  join public.orders on orders.id = touched.order_id;
  return null;
end
$$;
create trigger audit_insert after insert on public.order_items
  referencing new table as changed for each statement execute function app.audit_order_items();
create trigger audit_update after update on public.order_items
  referencing new table as changed for each statement execute function app.audit_order_items();
create trigger audit_delete after delete on public.order_items
  referencing old table as changed for each statement execute function app.audit_order_items();

alter table public.orders enable row level security;
alter table public.orders force row level security;
create policy orders_select on public.orders for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy orders_insert on public.orders for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy orders_update on public.orders for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy orders_delete on public.orders for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, delete,
  update (customer_id, shopify_order_id, order_number, order_status, total_amount, currency, items, airtable_record_id,
    awb_number, refund_amount, shipping_address, notes, source, payment_mode, payment_status)
  on public.orders to authenticated;
grant select, insert, update, delete on public.orders to service_role;

alter table public.order_items enable row level security;
alter table public.order_items force row level security;
create policy order_items_select on public.order_items for select to authenticated
  using (exists (
    select from public.orders
    where orders.id = order_items.order_id and orders.organization_id = (select app.organization_id())
  ));
create policy order_items_insert on public.order_items for insert to authenticated
  with check (exists (
    select from public.orders
    where orders.id = order_items.order_id and orders.organization_id = (select app.organization_with('write'))
  ));
create policy order_items_update on public.order_items for update to authenticated
  using (exists (
    select from public.orders
    where orders.id = order_items.order_id and orders.organization_id = (select app.organization_with('write'))
  ))
  with check (exists (
    select from public.orders
    where orders.id = order_items.order_id and orders.organization_id = (select app.organization_with('write'))
  ));
create policy order_items_delete on public.order_items for delete to authenticated
  using (exists (
    select from public.orders
    where orders.id = order_items.order_id and orders.organization_id = (select app.organization_with('admin'))
  ));
grant select, insert, delete, update (item_id, sku, name, barcode, qty, unit_price) on public.order_items to authenticated;
grant select, insert, update, delete on public.order_items to service_role;
