-- How much of each item lies where, what of it is promised to orders, and every movement that made it so.
-- Writers lock balances in the order of organization, item, warehouse: two of them never wait for each other in a ring.

create table public.stock_balances (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  item_id uuid not null,
  warehouse_id uuid not null,
  quantity integer not null default 0 check (quantity >= 0),
  reserved_quantity integer not null default 0 check (reserved_quantity >= 0),
  available_quantity integer not null generated always as (quantity - reserved_quantity) stored,
  last_updated timestamptz not null default now(),
  check (reserved_quantity <= quantity),
  unique (organization_id, id),
  unique (organization_id, item_id, warehouse_id),
  foreign key (organization_id, item_id) references public.items (organization_id, id) on delete no action,
  foreign key (organization_id, warehouse_id) references public.warehouses (organization_id, id) on delete no action
);
create index stock_balances_list_idx on public.stock_balances (organization_id, last_updated desc, id desc);
create index stock_balances_available_idx on public.stock_balances (organization_id, available_quantity);
create index stock_balances_warehouse_idx on public.stock_balances (organization_id, warehouse_id);
comment on table public.stock_balances is
  'Stock of an item in a warehouse. Always the sum of its movements: to change it, insert a stock movement.';
comment on column public.stock_balances.quantity is 'On hand.';
comment on column public.stock_balances.reserved_quantity is 'On hand and promised to confirmed orders.';
comment on column public.stock_balances.available_quantity is 'On hand and promised to nobody: quantity less reserved_quantity.';

alter table public.stock_balances enable row level security;
alter table public.stock_balances force row level security;
create policy stock_balances_select on public.stock_balances for select to authenticated
  using (organization_id = (select app.organization_id()));
-- Nobody writes here: the functions below do, for everybody.
grant select on public.stock_balances to authenticated, service_role;

create table public.stock_movements (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write')
    references public.organizations (id) on delete cascade,
  inventory_item_id uuid not null,
  warehouse_id uuid not null,
  movement_type text not null check (movement_type in ('inbound', 'outbound', 'adjustment', 'transfer')),
  quantity integer not null,
  reference_id text check (length(reference_id) between 1 and 200),
  notes text check (length(notes) <= 2000),
  created_by uuid default nullif(app.claims() ->> 'sub', '')::uuid,
  created_at timestamptz not null default now(),
  check (
    case movement_type when 'inbound' then quantity > 0 when 'outbound' then quantity < 0 else quantity <> 0 end
  ),
  unique (organization_id, id),
  foreign key (organization_id, inventory_item_id) references public.items (organization_id, id) on delete no action,
  foreign key (organization_id, warehouse_id) references public.warehouses (organization_id, id) on delete no action
);
create index stock_movements_list_idx on public.stock_movements (organization_id, created_at desc, id desc);
create index stock_movements_item_idx on public.stock_movements (organization_id, inventory_item_id, created_at desc);
create index stock_movements_warehouse_idx on public.stock_movements (organization_id, warehouse_id);
create index stock_movements_reference_idx on public.stock_movements (organization_id, reference_id);
comment on table public.stock_movements is
  'Every receipt, shipment, adjustment and transfer. Append only: a mistake is mended by another movement.';
comment on column public.stock_movements.inventory_item_id is 'The item (items.id).';
comment on column public.stock_movements.quantity is
  'Negative goes out. A transfer is two movements: out of one warehouse, into the other.';
comment on column public.stock_movements.reference_id is 'What it belongs to: of a shipment the id of the order.';
comment on column public.stock_movements.created_by is 'The auth user of the person or agent; null for the service and the system.';

alter table public.stock_movements enable row level security;
alter table public.stock_movements force row level security;
create policy stock_movements_select on public.stock_movements for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy stock_movements_insert on public.stock_movements for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
grant select, insert (id, organization_id, inventory_item_id, warehouse_id, movement_type, quantity, reference_id, notes)
  on public.stock_movements to authenticated;
grant select, insert on public.stock_movements to service_role;

create function app.guard_stock_movements() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Rows leave only with their organization: the cascade runs one trigger level down.
  if tg_op = 'DELETE' and pg_trigger_depth() > 1 then
    return old;
  end if;
  perform app.refuse(403, 'stock_movements_are_append_only', 'stock movements are never changed or deleted: insert an adjustment');
  return null;
end
$$;
create trigger guard_stock_movements before update or delete on public.stock_movements
  for each row execute function app.guard_stock_movements();
create trigger audit after insert on public.stock_movements
  for each row execute function app.audit();

create table public.stock_reservations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  reference_id uuid not null,
  item_id uuid not null,
  warehouse_id uuid not null,
  quantity integer not null check (quantity > 0),
  created_at timestamptz not null default now(),
  unique (organization_id, id),
  constraint stock_reservations_held_key unique (organization_id, reference_id, item_id, warehouse_id),
  foreign key (organization_id, item_id) references public.items (organization_id, id) on delete no action,
  foreign key (organization_id, warehouse_id) references public.warehouses (organization_id, id) on delete no action
);
create index stock_reservations_list_idx on public.stock_reservations (organization_id, created_at desc, id desc);
create index stock_reservations_item_idx on public.stock_reservations (organization_id, item_id);
create index stock_reservations_warehouse_idx on public.stock_reservations (organization_id, warehouse_id);
comment on table public.stock_reservations is
  'Which order holds how much of which balance. Their sum is the balance''s reserved_quantity; the order''s status changes them.';
comment on column public.stock_reservations.reference_id is 'The order that holds it.';

alter table public.stock_reservations enable row level security;
alter table public.stock_reservations force row level security;
create policy stock_reservations_select on public.stock_reservations for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.stock_reservations to authenticated, service_role;

-- Applies new movements to the balances, all of a statement at once, and refuses what would take stock that is not
-- there or is promised to an order.
create function app.apply_stock_movements() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  short jsonb;
begin
  insert into public.stock_balances (organization_id, item_id, warehouse_id)
  select distinct added_rows.organization_id, added_rows.inventory_item_id, added_rows.warehouse_id
  from added_rows
  order by 1, 2, 3
  on conflict (organization_id, item_id, warehouse_id) do nothing;

  perform
  from public.stock_balances as balance
  where (balance.organization_id, balance.item_id, balance.warehouse_id)
    in (select added_rows.organization_id, added_rows.inventory_item_id, added_rows.warehouse_id from added_rows)
  order by balance.organization_id, balance.item_id, balance.warehouse_id
  for no key update;

  with moved as (
    select added_rows.organization_id, added_rows.inventory_item_id as item_id, added_rows.warehouse_id,
      sum(added_rows.quantity) as quantity
    from added_rows
    group by 1, 2, 3
  )
  select jsonb_agg(jsonb_build_object(
    'item_id', moved.item_id, 'warehouse_id', moved.warehouse_id, 'sku', items.sku,
    'requested', -moved.quantity, 'available', balance.available_quantity
  ))
  into short
  from moved
  join public.stock_balances as balance using (organization_id, item_id, warehouse_id)
  join public.items on items.id = moved.item_id
  where balance.available_quantity + moved.quantity < 0;
  if short is not null then
    perform app.refuse(409, 'insufficient_stock',
      'there is not enough available stock for this movement: see lines', jsonb_build_object('lines', short));
  end if;

  with moved as (
    select added_rows.organization_id, added_rows.inventory_item_id as item_id, added_rows.warehouse_id,
      sum(added_rows.quantity) as quantity
    from added_rows
    group by 1, 2, 3
  )
  update public.stock_balances as balance
  set quantity = balance.quantity + moved.quantity, last_updated = now()
  from moved
  where balance.organization_id = moved.organization_id
    and balance.item_id = moved.item_id and balance.warehouse_id = moved.warehouse_id;
  return null;
end
$$;
create trigger apply_stock_movements after insert on public.stock_movements
  referencing new table as added_rows for each statement execute function app.apply_stock_movements();

-- The four functions below change what is reserved. No API role may call them: the orders' triggers do.

-- Locks the balances of these items, and answers them: a balance made later is nobody's to wait for.
create function app.lock_stock(organization_id uuid, item_ids uuid[]) returns uuid[]
language sql volatile security definer set search_path = '' as $$
  select coalesce(array_agg(balance.id), '{}')
  from (
    select stock_balances.id
    from public.stock_balances
    where stock_balances.organization_id = lock_stock.organization_id and stock_balances.item_id = any (item_ids)
    order by stock_balances.item_id, stock_balances.warehouse_id
    for no key update
  ) as balance
$$;

-- Reserves for `reference_id` what `wanted` ({item_id: quantity}) asks beyond what it holds already: each item from one
-- active warehouse, the default one where that has enough, else the one with the most. All of it or nothing.
create function app.reserve_stock(organization_id uuid, reference_id uuid, wanted jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  locked uuid[] := app.lock_stock(
    reserve_stock.organization_id, array(select jsonb_object_keys(wanted)::uuid)
  );
  need record;
  short jsonb := '[]';
begin
  for need in
    select asked.item_id, asked.quantity, source.warehouse_id, coalesce(source.available_quantity, 0) as available
    from (
      select line.key::uuid as item_id, line.value::bigint - coalesce(sum(held.quantity), 0) as quantity
      from jsonb_each_text(wanted) as line
      left join public.stock_reservations as held
        on held.organization_id = reserve_stock.organization_id
        and held.reference_id = reserve_stock.reference_id and held.item_id = line.key::uuid
      group by line.key, line.value
    ) as asked
    left join lateral (
      select balance.warehouse_id, balance.available_quantity
      from public.stock_balances as balance
      join public.warehouses on warehouses.id = balance.warehouse_id
      where balance.id = any (locked) and balance.item_id = asked.item_id and warehouses.is_active
      order by
        balance.available_quantity >= asked.quantity desc,
        warehouses.is_default and balance.available_quantity >= asked.quantity desc,
        balance.available_quantity desc, balance.warehouse_id
      limit 1
    ) as source on true
    where asked.quantity > 0
    order by asked.item_id
  loop
    if need.available < need.quantity then
      short := short || jsonb_build_object(
        'item_id', need.item_id,
        'sku', (select items.sku from public.items where items.id = need.item_id),
        'requested', need.quantity, 'available', need.available
      );
    else
      update public.stock_balances as balance
      set reserved_quantity = balance.reserved_quantity + need.quantity, last_updated = now()
      where balance.organization_id = reserve_stock.organization_id
        and balance.item_id = need.item_id and balance.warehouse_id = need.warehouse_id;
      insert into public.stock_reservations as held (organization_id, reference_id, item_id, warehouse_id, quantity)
      values (reserve_stock.organization_id, reserve_stock.reference_id, need.item_id, need.warehouse_id, need.quantity)
      on conflict on constraint stock_reservations_held_key
      do update set quantity = held.quantity + excluded.quantity;
    end if;
  end loop;
  if short <> '[]' then
    perform app.refuse(409, 'insufficient_stock',
      'no warehouse has enough available stock for these lines: receive stock or lower the quantity',
      jsonb_build_object('order_id', reserve_stock.reference_id, 'lines', short));
  end if;
end
$$;

-- Gives back what `reference_id` holds.
create function app.release_stock(organization_id uuid, reference_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.lock_stock(release_stock.organization_id, array(
    select held.item_id
    from public.stock_reservations as held
    where held.organization_id = release_stock.organization_id and held.reference_id = release_stock.reference_id
  ));
  update public.stock_balances as balance
  set reserved_quantity = balance.reserved_quantity - held.quantity, last_updated = now()
  from public.stock_reservations as held
  where held.organization_id = release_stock.organization_id and held.reference_id = release_stock.reference_id
    and balance.organization_id = held.organization_id
    and balance.item_id = held.item_id and balance.warehouse_id = held.warehouse_id;
  delete from public.stock_reservations as held
  where held.organization_id = release_stock.organization_id and held.reference_id = release_stock.reference_id;
end
$$;

-- Moves out what `reference_id` holds: the goods have left.
create function app.consume_stock(organization_id uuid, reference_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  leaving jsonb;
begin
  select jsonb_agg(jsonb_build_object(
    'item_id', held.item_id, 'warehouse_id', held.warehouse_id, 'quantity', held.quantity
  ))
  into leaving
  from public.stock_reservations as held
  where held.organization_id = consume_stock.organization_id and held.reference_id = consume_stock.reference_id;
  if leaving is null then
    return;
  end if;
  perform app.release_stock(consume_stock.organization_id, consume_stock.reference_id);
  insert into public.stock_movements
    (organization_id, inventory_item_id, warehouse_id, movement_type, quantity, reference_id)
  select consume_stock.organization_id, held.item_id, held.warehouse_id, 'outbound', -held.quantity,
    consume_stock.reference_id::text
  from jsonb_to_recordset(leaving) as held (item_id uuid, warehouse_id uuid, quantity integer);
end
$$;

create view public.item_stock with (security_invoker = true) as
select
  items.organization_id, items.id as item_id, items.sku, items.item_no, items.barcode, items.category,
  coalesce(items.name, items.description, items.item_no, items.sku, items.id::text) as name,
  items.unit, items.selling_price, items.min_stock_level, items.is_active, items.created_at,
  stock.quantity, stock.reserved_quantity, stock.available_quantity,
  stock.available_quantity <= items.min_stock_level as is_low
from public.items
cross join lateral (
  select
    coalesce(sum(balance.quantity), 0) as quantity,
    coalesce(sum(balance.reserved_quantity), 0) as reserved_quantity,
    coalesce(sum(balance.available_quantity), 0) as available_quantity
  from public.stock_balances as balance
  where balance.organization_id = items.organization_id and balance.item_id = items.id
) as stock;
comment on view public.item_stock is 'Each item with its stock over all warehouses.';
comment on column public.item_stock.name is 'What to call the item: its name, or what stands in for it.';
comment on column public.item_stock.is_low is 'What is available has fallen to min_stock_level or below.';
grant select on public.item_stock to authenticated, service_role;
