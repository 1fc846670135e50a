-- Hold an order's line to its order and its item. A line may change while its order is pending: from then on stock
-- is reserved for it. The service adds lines to an order that goes ahead only while it has none but those of the
-- same transaction. A line brings its item's words along. The lock on the order keeps the line and a step of the
-- order apart. Runs with the caller's rights: another tenant's item is as absent as none.
create or replace function app.check_order_item() returns trigger
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  parent record;
  item record;
  linked uuid;
  coded boolean := true;
  swapped boolean := false;
begin
  select orders.organization_id, orders.order_status, orders.currency into parent
  from public.orders
  where orders.id = coalesce(new.order_id, old.order_id)
  for no key update;
  -- Not there, or not the caller's: the policy or the foreign key says so. A deleted order takes its lines along.
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
    perform app.refuse(409, 'order_not_pending',
      format('lines change while the order is pending; this one is %s: %s', parent.order_status,
        app.instead_of_lines(parent.order_status)),
      jsonb_build_object('order_status', parent.order_status));
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  -- Words that a swapped item brings along, but for those that this write gives.
  if tg_op = 'UPDATE' then
    swapped := new.item_id is distinct from old.item_id and new.item_id is not null;
    coded := new.item_id is not distinct from old.item_id and new.sku is distinct from old.sku;
  end if;
  if parent.order_status = 'pending' and coded and new.sku is not null
    and (tg_op = 'UPDATE' or new.item_id is null) then
    select items.id into linked
    from public.items
    where items.organization_id = parent.organization_id and items.sku_key = app.code_key(new.sku) and items.is_active;
    if linked is not null and linked is distinct from new.item_id then
      new.item_id := linked;
      swapped := tg_op = 'UPDATE';
    end if;
  end if;
  if new.item_id is not null
    and (tg_op = 'INSERT' or new.item_id is distinct from old.item_id or new.qty > old.qty) then
    select items.sku, items.barcode, items.is_active,
      coalesce(items.name, items.description, items.item_no, items.sku, items.id::text) as name
    into item
    from public.items
    where items.id = new.item_id and items.organization_id = parent.organization_id;
    if item is null then
      perform app.refuse(404, 'not_found', format('there is no item %s', new.item_id),
        jsonb_build_object('item_id', new.item_id));
    end if;
    if not item.is_active and parent.order_status = 'pending' then
      perform app.refuse(409, 'item_not_active', format('no longer sold: %s', coalesce(item.sku, new.item_id::text)),
        jsonb_build_object('inactive', jsonb_build_array(new.item_id)));
    end if;
    if swapped then
      new.sku := case when new.sku is distinct from old.sku then new.sku end;
      new.name := case when new.name is distinct from old.name then new.name end;
      new.barcode := case when new.barcode is distinct from old.barcode then new.barcode end;
    end if;
    new.sku := coalesce(new.sku, item.sku);
    new.name := coalesce(new.name, item.name);
    new.barcode := coalesce(new.barcode, item.barcode);
  end if;
  if new.unit_price is null then
    new.unit_price := (
      select items.selling_price
      from public.items
      join public.organizations on organizations.id = items.organization_id
      where items.id = new.item_id and items.organization_id = parent.organization_id
        and organizations.currency = parent.currency
    );
    if new.unit_price is null then
      perform app.refuse(422, 'price_required',
        format('give unit_price in %s for: %s', parent.currency,
          coalesce(new.sku, new.item_id::text, new.name, 'the line')),
        jsonb_build_object(
          'items', jsonb_build_array(coalesce(new.sku, new.item_id::text, new.name)), 'currency', parent.currency
        ));
    end if;
  end if;
  if new.unit_price <> round(new.unit_price, app.currency_decimals(parent.currency)) then
    perform app.refuse(422, 'invalid_amount',
      format('%s has %s decimals; unit_price %s has more', parent.currency, app.currency_decimals(parent.currency),
        new.unit_price),
      jsonb_build_object('currency', parent.currency, 'decimals', app.currency_decimals(parent.currency)));
  end if;
  return new;
end
$$;
