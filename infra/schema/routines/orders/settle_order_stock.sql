-- Apply an order's step to the stock: confirmed reserves, shipped moves out, cancelled releases. Shipping reserves what
-- is not held yet (an order imported as confirmed), so that every line of an item leaves the stock exactly once.
create or replace function app.settle_order_stock() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  moved record;
begin
  -- Lock everything that the statement touches first, in one order.
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
