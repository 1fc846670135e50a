-- What an organization sells, and the places where it keeps it.

create table public.items (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write')
    references public.organizations (id) on delete cascade,
  name text check (length(name) between 1 and 300),
  description text check (length(description) <= 10000),
  item_no text check (length(item_no) between 1 and 100),
  sku text check (length(sku) between 1 and 100),
  barcode text check (length(barcode) between 1 and 100),
  category text check (length(category) between 1 and 100),
  unit text not null default 'pcs' check (length(unit) between 1 and 20),
  cost_price numeric(14, 3) check (cost_price >= 0),
  selling_price numeric(14, 3) check (selling_price >= 0),
  min_stock_level integer not null default 0 check (min_stock_level >= 0),
  is_active boolean not null default true,
  image_url text check (length(image_url) <= 2000),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id),
  unique (organization_id, item_no),
  unique (organization_id, sku),
  unique (organization_id, barcode)
);
create index items_list_idx on public.items (organization_id, created_at desc, id desc);
create index items_updated_at_idx on public.items (organization_id, updated_at desc, id desc);
create index items_category_idx on public.items (organization_id, category, created_at desc, id desc);
comment on table public.items is 'What the organization sells. There is no other table of products.';
comment on column public.items.name is 'May be missing: then description, item_no or sku stand in its place.';
comment on column public.items.item_no is 'The number that fulfilment knows the item by.';
comment on column public.items.unit is 'What one of it is: pcs, kg.';
comment on column public.items.cost_price is 'What one costs the organization, in the organization''s currency.';
comment on column public.items.selling_price is 'What one is sold for, in the organization''s currency; the default price of an order line.';
comment on column public.items.min_stock_level is 'Stock is low when what is available has fallen to this or below.';
comment on column public.items.is_active is 'False takes an item out of sale and keeps its history.';
comment on column public.items.metadata is 'Whatever an integration keeps beside the item.';

create trigger touch_updated_at before update on public.items
  for each row execute function app.touch_updated_at();
create trigger audit after insert or update or delete on public.items
  for each row execute function app.audit();

alter table public.items enable row level security;
alter table public.items force row level security;
create policy items_select on public.items for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy items_insert on public.items for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy items_update on public.items for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy items_delete on public.items for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, delete,
  update (name, description, item_no, sku, barcode, category, unit, cost_price, selling_price, min_stock_level,
    is_active, image_url, metadata)
  on public.items to authenticated;
grant select, insert, update, delete on public.items to service_role;

create table public.warehouses (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write')
    references public.organizations (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  location text check (length(location) <= 500),
  is_active boolean not null default true,
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id),
  unique (organization_id, name)
);
create unique index warehouses_default_key on public.warehouses (organization_id) where is_default;
create index warehouses_list_idx on public.warehouses (organization_id, created_at desc, id desc);
comment on table public.warehouses is 'The places where stock is kept.';
comment on column public.warehouses.location is 'Where it is, in words.';
comment on column public.warehouses.is_active is 'Orders reserve stock from active warehouses only.';
comment on column public.warehouses.is_default is
  'Orders reserve here first. One at most: to move it, take it from the old one, then give it to the new one.';

create function app.make_first_warehouse_default() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.is_default := new.is_default or not exists (
    select from public.warehouses as other where other.organization_id = new.organization_id
  );
  return new;
end
$$;
create trigger make_first_warehouse_default before insert on public.warehouses
  for each row execute function app.make_first_warehouse_default();

-- After the statement, so that row level security has refused a foreign organization before its plan is looked at.
create function app.cap_warehouses() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  owner record;
  held bigint;
begin
  for owner in
    -- The lock makes the cap exact when two warehouses are made at once.
    select organizations.id, plans.code as plan, plans.max_warehouses as cap, plans.upgrade
    from public.organizations
    join public.plans on plans.code = organizations.plan_code
    where organizations.id in (select added_rows.organization_id from added_rows)
    order by organizations.id
    for no key update of organizations
  loop
    select count(*) into held from public.warehouses where warehouses.organization_id = owner.id;
    if held > owner.cap then
      perform app.refuse(403, 'plan_limit_exceeded',
        format('the %s plan allows %s warehouses. %s', owner.plan, owner.cap, owner.upgrade),
        jsonb_build_object('resource', 'warehouses', 'current', owner.cap, 'limit', owner.cap, 'plan', owner.plan,
          'upgrade', owner.upgrade));
    end if;
  end loop;
  return null;
end
$$;
create trigger cap_warehouses after insert on public.warehouses
  referencing new table as added_rows for each statement execute function app.cap_warehouses();
create trigger touch_updated_at before update on public.warehouses
  for each row execute function app.touch_updated_at();
create trigger audit after insert or update or delete on public.warehouses
  for each row execute function app.audit();

alter table public.warehouses enable row level security;
alter table public.warehouses force row level security;
create policy warehouses_select on public.warehouses for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy warehouses_insert on public.warehouses for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy warehouses_update on public.warehouses for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy warehouses_delete on public.warehouses for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, delete, update (name, location, is_active, is_default) on public.warehouses to authenticated;
grant select, insert, update, delete on public.warehouses to service_role;
