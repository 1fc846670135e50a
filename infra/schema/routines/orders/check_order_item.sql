-- Check an order's line against its order and its item. A line may change while its order is pending: after that, stock
-- is reserved for it. The service adds lines to a later order only while it has none but those of the same transaction.
-- A line takes the words of its item. The lock on the order keeps a change of the line and a step of the order apart.
-- It runs with the caller's rights: another tenant's item does not exist.
create or replace function app.check_order_item() returns trigger
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  parent record;
begin
  select orders.organization_id, orders.order_status, orders.currency into parent
  from public.orders
  where orders.id = coalesce(new.order_id, old.order_id)
  for no key update;
  -- The policy or the foreign key refuses an order that is absent or not the caller's. A deleted order takes its lines
  -- along.
  if parent is null then
    if tg_op <> 'DELETE' then
      new.unit_price := coalesce(new.unit_price, 0);
    end if;
    return coalesce(new, old);
  end if;
  if parent.order_status <> 'pending'
    and (
      current_user = 'authenticated'
      or current_user = 'service_role' and (
        tg_op <> 'INSERT'
        or exists (
          select from public.order_items as line
          where line.order_id = new.order_id and line.xmin <> pg_current_xact_id()::xid
        )
      )
    )
  then
    perform app.refuse_line_change(parent.order_status);
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  new := app.describe_line(new, old, parent.organization_id, parent.order_status = 'pending');
  if new.unit_price is null then
    new.unit_price := (
      select items.selling_price
      from public.items
      join public.organizations on organizations.id = items.organization_id
      where items.id = new.item_id and items.organization_id = parent.organization_id
        and organizations.currency = parent.currency
    );
  end if;
  if new.unit_price is null or new.unit_price <> round(new.unit_price, app.currency_decimals(parent.currency)) then
    perform app.refuse_unit_price(new, parent.currency);
  end if;
  return new;
end
$$;
