-- Write one event of the trail for each order whose lines a statement changes; the lines are `changed`. Lines are
-- personal: one that is not in the catalog may be named after the person whom it is for.
create or replace function app.audit_order_items() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_change(
    orders.organization_id, 'order_items.' || lower(tg_op), 'orders', tg_relid,
      jsonb_build_object('lines', touched.lines),
    jsonb_build_object('id', orders.id, 'customer_id', orders.customer_id)
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
