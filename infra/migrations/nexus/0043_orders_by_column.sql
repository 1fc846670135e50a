-- Clients name the columns that are theirs to fill in; what the server owns, as when a row was made, is in no grant.

revoke insert on public.items, public.warehouses, public.orders, public.order_items from authenticated;
grant insert (id, organization_id, name, description, item_no, sku, barcode, category, unit, cost_price, selling_price,
    min_stock_level, is_active, image_url, metadata)
  on public.items to authenticated;
grant insert (id, organization_id, name, location, is_active, is_default) on public.warehouses to authenticated;
grant insert (id, organization_id, customer_id, shopify_order_id, order_number, order_status, total_amount, currency, items,
    airtable_record_id, awb_number, shipping_address, notes, source, payment_mode, payment_status)
  on public.orders to authenticated;
grant insert (id, organization_id, order_id, item_id, sku, name, barcode, qty, unit_price)
  on public.order_items to authenticated;

-- Runs before row security has looked: whoever names an organization that is not their own gets no number of it, and
-- is refused by row security. As it was (0013) in all else.
create or replace function app.number_order() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  this_year integer;
  next_number integer;
begin
  if current_setting('role') in ('anon', 'authenticated')
    and new.organization_id is distinct from app.organization_with('write')
  then
    return new;
  end if;
  this_year := extract(year from now() at time zone coalesce(
    (select organizations.timezone from public.organizations where organizations.id = new.organization_id), 'UTC'
  ));
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
