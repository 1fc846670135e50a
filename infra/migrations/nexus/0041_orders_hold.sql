-- What holds for an order holds whoever writes it: its total is the sum of its lines, nobody gets back more than was paid,
-- an order that is on its way or done keeps what it was, and none goes ahead without lines (docs/decisions/0006-stock-reservation.md).

-- As before, and a line is of an item that is sold. The service brings in orders of before, lines and all; what it has
-- brought in it changes no more than others do.
create or replace function app.check_order_item() returns trigger
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  parent record;
  item record;
begin
  select orders.organization_id, orders.order_status, orders.currency into parent
  from public.orders
  where orders.id = coalesce(new.order_id, old.order_id)
  for no key update;
  -- Not there, or not the caller's: the policy or the foreign key says so. A deleted order takes its lines along.
  if parent is null then
    return coalesce(new, old);
  end if;
  if parent.order_status <> 'pending'
    and (current_user = 'authenticated' or current_user = 'service_role' and tg_op <> 'INSERT')
  then
    perform app.refuse(409, 'order_not_pending',
      format('lines change while the order is pending; this one is %s', parent.order_status),
      jsonb_build_object('order_status', parent.order_status));
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.unit_price <> round(new.unit_price, app.currency_decimals(parent.currency)) then
    perform app.refuse(422, 'invalid_amount',
      format('%s has %s decimals; unit_price %s has more', parent.currency, app.currency_decimals(parent.currency), new.unit_price),
      jsonb_build_object('currency', parent.currency, 'decimals', app.currency_decimals(parent.currency)));
  end if;
  if new.item_id is not null and (tg_op = 'INSERT' or new.item_id is distinct from old.item_id or new.qty > old.qty) then
    select items.sku, items.barcode, items.is_active,
      coalesce(items.name, items.description, items.item_no, items.sku) as name
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
    new.sku := coalesce(new.sku, item.sku);
    new.name := coalesce(new.name, item.name);
    new.barcode := coalesce(new.barcode, item.barcode);
  end if;
  return new;
end
$$;

-- The total of an order that has lines, or has just lost its last, is their sum.
create function app.total_lines() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.orders as parent
  set total_amount = summed.total
  from (
    select touched.order_id, coalesce(sum(line.qty * line.unit_price), 0) as total
    from (select distinct changed.order_id from changed) as touched
    left join public.order_items as line on line.order_id = touched.order_id
    group by touched.order_id
  ) as summed
  where parent.id = summed.order_id and parent.total_amount <> summed.total;
  return null;
end
$$;
create trigger total_lines_added after insert on public.order_items
  referencing new table as changed for each statement execute function app.total_lines();
create trigger total_lines_changed after update on public.order_items
  referencing new table as changed for each statement execute function app.total_lines();
create trigger total_lines_removed after delete on public.order_items
  referencing old table as changed for each statement execute function app.total_lines();

-- A line stays with its order, and with its organization: there is nobody who may move it.
revoke update on public.order_items from service_role;
grant update (item_id, sku, name, barcode, qty, unit_price) on public.order_items to service_role;

-- What an order's amounts are to each other and to its currency, whenever one of them is written.
create function app.check_order_money() returns trigger
language plpgsql set search_path = '' as $$
declare
  lines_total numeric;
  ill_priced numeric;
  paid numeric := new.total_amount;
begin
  if tg_op = 'INSERT' or new.currency <> old.currency then
    if not app.is_currency(new.currency) then
      perform app.refuse(422, 'unknown_currency',
        format('%s is no currency of ISO 4217: send three letters such as EGP', new.currency),
        jsonb_build_object('currency', new.currency));
    end if;
    select app.ill_priced(new.currency, variadic array[new.total_amount, new.refund_amount] || array_agg(line.unit_price))
    into ill_priced
    from public.order_items as line
    where line.order_id = new.id;
    if tg_op = 'UPDATE' and ill_priced is not null then
      perform app.refuse(422, 'invalid_amount',
        format('%s has %s decimals; the order''s amount %s has more', new.currency, app.currency_decimals(new.currency), ill_priced),
        jsonb_build_object('currency', new.currency, 'decimals', app.currency_decimals(new.currency)));
    end if;
  end if;
  if tg_op = 'UPDATE' and new.total_amount <> old.total_amount then
    select sum(line.qty * line.unit_price) into lines_total from public.order_items as line where line.order_id = new.id;
    if new.total_amount <> coalesce(lines_total, new.total_amount)
      or lines_total is null and old.order_status <> 'pending' and current_user = 'authenticated'
    then
      perform app.refuse(409, 'total_follows_lines',
        format('the total is the sum of the order''s lines, %s: change the lines while the order is pending', coalesce(lines_total, old.total_amount)),
        jsonb_build_object('total_amount', coalesce(lines_total, old.total_amount), 'order_status', old.order_status));
    end if;
  end if;
  if new.payment_status = 'unpaid' or (tg_op = 'UPDATE' and old.payment_status = 'unpaid' and new.payment_status = 'refunded') then
    paid := 0;
  end if;
  if new.refund_amount > paid then
    perform app.refuse(409, 'refund_exceeds_paid',
      format('%s cannot be paid back: %s was paid. Set payment_status to paid first where it was', new.refund_amount, paid),
      jsonb_build_object('refund_amount', new.refund_amount, 'paid', paid, 'payment_status', new.payment_status));
  end if;
  return new;
end
$$;
create trigger check_order_money before insert on public.orders
  for each row when (not app.is_currency(new.currency) or new.refund_amount > 0) execute function app.check_order_money();
create trigger check_order_money_changed before update on public.orders
  for each row when (
    (old.total_amount, old.currency, old.refund_amount, old.payment_status)
      is distinct from (new.total_amount, new.currency, new.refund_amount, new.payment_status)
  )
  execute function app.check_order_money();

-- An order goes ahead with something to deliver.
create function app.check_order_lines() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from public.order_items where order_items.order_id = new.id) then
    perform app.refuse(409, 'order_without_lines', 'an order without lines is not confirmed: add its order_items first',
      jsonb_build_object('order_id', new.id));
  end if;
  return new;
end
$$;
create trigger check_order_lines before update on public.orders
  for each row when (old.order_status = 'pending' and new.order_status = 'confirmed')
  execute function app.check_order_lines();

-- What was shipped, delivered or cancelled stays as it was, but for the steps that come after. Cascades and functions of
-- the house go on: a contact may be merged or erased.
create function app.keep_finished_order() returns trigger
language plpgsql set search_path = '' as $$
declare
  steps text[] := '{unpaid,partially_paid,paid,refunded}';
  before jsonb := to_jsonb(old);
  may_change text[] := '{notes,refund_amount,payment_status,updated_at}';
  may_be_filled_in text[] := '{shopify_order_id,airtable_record_id}';
  frozen text[];
begin
  if current_user not in ('authenticated', 'service_role') then
    return new;
  end if;
  if old.order_status = 'shipped' then
    may_change := may_change || '{order_status,awb_number}';
  elsif old.order_status = 'delivered' then
    may_be_filled_in := array_append(may_be_filled_in, 'awb_number');
  end if;
  select array_agg(field.key order by field.key) into frozen
  from jsonb_each(to_jsonb(new)) as field
  where field.value is distinct from before -> field.key
    and field.key <> all (may_change)
    and not (field.key = any (may_be_filled_in) and before -> field.key = 'null')
    -- A step that is not legal is refused as one.
    and field.key <> 'order_status';
  if new.refund_amount < least(old.refund_amount, new.total_amount) then
    frozen := array_append(frozen, 'refund_amount');
  end if;
  if array_position(steps, new.payment_status) < array_position(steps, old.payment_status)
    or old.order_status = 'cancelled' and new.payment_status <> old.payment_status
      and (new.payment_status <> 'refunded' or old.payment_status = 'unpaid')
  then
    frozen := array_append(frozen, 'payment_status');
  end if;
  if frozen is not null then
    perform app.refuse(409, 'order_finished',
      format('a %s order keeps its %s: give money back by refund_amount and payment_status, or make a new order',
        old.order_status, array_to_string(frozen, ', ')),
      jsonb_build_object('order_status', old.order_status, 'frozen', to_jsonb(frozen)));
  end if;
  return new;
end
$$;
create trigger keep_finished_order before update on public.orders
  for each row when (old.order_status in ('shipped', 'delivered', 'cancelled'))
  execute function app.keep_finished_order();

create function app.keep_order_from_deletion() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') then
    perform app.refuse(409, 'order_finished',
      format('a %s order is not deleted: it is what was sold and paid', old.order_status),
      jsonb_build_object('order_status', old.order_status, 'frozen', '[]'::jsonb));
  end if;
  return old;
end
$$;
create trigger keep_order_from_deletion before delete on public.orders
  for each row when (
    old.order_status in ('shipped', 'delivered') or (old.order_status = 'cancelled' and old.payment_status <> 'unpaid')
  )
  execute function app.keep_order_from_deletion();

-- Orders that may still change, and whose total had gone its own way; and amounts that are no number, which no rule could
-- be held to. Their lines come first: what they are written to goes into the total.
alter table public.orders no force row level security;
alter table public.order_items no force row level security;
update public.orders set refund_amount = 0 where refund_amount = 'NaN';
update public.order_items set unit_price = 0 where unit_price = 'NaN';
update public.orders as parent
set total_amount = coalesce(
  (select sum(line.qty * line.unit_price) from public.order_items as line where line.order_id = parent.id), 0
)
where parent.total_amount = 'NaN';
update public.orders as parent
set total_amount = summed.total
from (
  select line.order_id, sum(line.qty * line.unit_price) as total from public.order_items as line group by line.order_id
) as summed
where summed.order_id = parent.id and parent.order_status = 'pending' and parent.total_amount <> summed.total;
alter table public.orders force row level security;
alter table public.order_items force row level security;
