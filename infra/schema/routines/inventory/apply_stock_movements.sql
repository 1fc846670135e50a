-- Apply new movements to the balances, all of a statement at once, and refuse what would take stock that is not there
-- or is reserved for an order.
create or replace function app.apply_stock_movements() returns trigger
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
