-- Reserve for `reference_id` what `wanted` ({item_id: quantity}) needs beyond what it holds already: each item from one
-- active warehouse, the default one where that has enough, otherwise the one with the most. All of it or nothing.
create or replace function app.reserve_stock(organization_id uuid, reference_id uuid, wanted jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  locked uuid[] := app.lock_stock(reserve_stock.organization_id, array(select jsonb_object_keys(wanted)::uuid));
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
      order by balance.available_quantity >= asked.quantity desc,
        warehouses.is_default and balance.available_quantity >= asked.quantity desc,
        balance.available_quantity desc, balance.warehouse_id
      limit 1
    ) as source on true
    where asked.quantity > 0 order by asked.item_id
  loop
    if need.available < need.quantity then
      short := short || jsonb_build_object('item_id', need.item_id,
        'sku', (select items.sku from public.items where items.id = need.item_id),
        'requested', need.quantity, 'available', need.available);
    else
      update public.stock_balances as balance
      set reserved_quantity = balance.reserved_quantity + need.quantity, last_updated = now()
      where balance.organization_id = reserve_stock.organization_id
        and balance.item_id = need.item_id and balance.warehouse_id = need.warehouse_id;
      insert into public.stock_reservations as held (organization_id, reference_id, item_id, warehouse_id, quantity)
      values (reserve_stock.organization_id, reserve_stock.reference_id, need.item_id, need.warehouse_id, need.quantity)
      on conflict on constraint stock_reservations_held_key do update set quantity = held.quantity + excluded.quantity;
    end if;
  end loop;
  if short <> '[]' then
    perform app.refuse(409, 'insufficient_stock',
      'no warehouse has enough available stock for these lines: receive stock or lower the quantity',
      jsonb_build_object('order_id', reserve_stock.reference_id, 'lines', short));
  end if;
end
$$;
