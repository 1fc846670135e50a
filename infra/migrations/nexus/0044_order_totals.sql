-- Writing lines whose orders have their totals already, as making an order does, writes no order again. And the currency of
-- an order rests with its lines, which are priced in it.

create or replace function app.total_lines() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  differing uuid[];
begin
  select array_agg(parent.id) into differing
  from public.orders as parent
  join (
    select touched.order_id, coalesce(sum(line.qty * line.unit_price), 0) as total
    from (select distinct changed.order_id from changed) as touched
    left join public.order_items as line on line.order_id = touched.order_id
    group by touched.order_id
  ) as summed on summed.order_id = parent.id
  where parent.total_amount <> summed.total;
  if differing is not null then
    update public.orders as parent
    set total_amount = (
      select coalesce(sum(line.qty * line.unit_price), 0) from public.order_items as line where line.order_id = parent.id
    )
    where parent.id = any (differing);
  end if;
  return null;
end
$$;

-- As it was (0041) in all else.
create or replace function app.check_order_money() returns trigger
language plpgsql set search_path = '' as $$
declare
  lines_total numeric;
  ill_priced numeric;
  paid numeric := new.total_amount;
begin
  if tg_op = 'UPDATE' and new.currency <> old.currency and old.order_status <> 'pending'
    and current_user in ('authenticated', 'service_role')
  then
    perform app.refuse(409, 'order_not_pending',
      format('the currency changes while the order is pending; this one is %s', old.order_status),
      jsonb_build_object('order_status', old.order_status));
  end if;
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

comment on column public.orders.total_amount is
  'In the order''s currency: the sum of its lines, or what was given while it has none.';
comment on column public.orders.refund_amount is
  'What was paid back, in the order''s currency: at most what was paid; grows only once the order is done.';
comment on column public.orders.payment_status is
  'unpaid, partially_paid, paid or refunded; goes forward only once the order is shipped.';
