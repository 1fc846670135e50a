-- Erase what orders say of a person: their address, notes and free text. Lines get the names of their items again.
create or replace function app.erase_orders(organization uuid, bought uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.orders as placed
  set shipping_address = null, notes = null, items = null
  where placed.organization_id = organization and placed.id = any (bought);
  update public.order_items as line
  set name = (
    select left(coalesce(items.name, items.sku), 10000) from public.items
    where items.organization_id = erase_orders.organization and items.id = line.item_id
  )
  where line.order_id = any (bought);
end
$$;
