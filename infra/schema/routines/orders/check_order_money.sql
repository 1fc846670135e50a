-- Check an order's amounts against each other and against its currency whenever one of them is written.
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
      format('the currency can change only while the order is pending; this order is %s: %s', old.order_status,
        app.instead_of_lines(old.order_status)),
      jsonb_build_object('order_status', old.order_status));
  end if;
  if tg_op = 'INSERT' or new.currency <> old.currency then
    if not app.is_currency(new.currency) then
      perform app.refuse(422, 'unknown_currency',
        format('%s is not an ISO 4217 currency: send three letters such as EGP', new.currency),
        jsonb_build_object('currency', new.currency));
    end if;
    select app.ill_priced(new.currency,
      variadic array[new.total_amount, new.refund_amount] || array_agg(line.unit_price))
    into ill_priced
    from public.order_items as line
    where line.order_id = new.id;
    if tg_op = 'UPDATE' and ill_priced is not null then
      perform app.refuse_amount(new.currency, ill_priced);
    end if;
  end if;
  if tg_op = 'UPDATE' and new.total_amount <> old.total_amount then
    select sum(line.qty * line.unit_price) into lines_total from public.order_items as line
      where line.order_id = new.id;
    if new.total_amount <> coalesce(lines_total, new.total_amount)
      or lines_total is null and old.order_status <> 'pending' and current_user = 'authenticated'
    then
      perform app.refuse_total(coalesce(lines_total, old.total_amount), old.order_status);
    end if;
  end if;
  if new.payment_status = 'unpaid'
    or (tg_op = 'UPDATE' and old.payment_status = 'unpaid' and new.payment_status = 'refunded') then
    paid := 0;
  end if;
  if new.refund_amount > paid then
    perform app.refuse_refund(new.refund_amount, paid, new.payment_status);
  end if;
  return new;
end
$$;
