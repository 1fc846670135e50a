-- Release the stock that `reference_id` holds.
create or replace function app.release_stock(organization_id uuid, reference_id uuid) returns void
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
