-- Move out the stock that `reference_id` holds: the goods have left.
create or replace function app.consume_stock(organization_id uuid, reference_id uuid) returns void
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
