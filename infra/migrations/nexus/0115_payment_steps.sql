-- A payment goes by steps, as an order does: nothing is refunded that was not paid, whatever was written before. What was
-- typed wrong on an order that is done is put right by a step of its own, for admins (docs/decisions/0006-stock-reservation.md).

-- Where the payment of an order may go from here; the one place that knows. While the order is open a step may be taken
-- back; once it is shipped, delivered or cancelled money is only recorded: it comes in, then it goes back.
create function app.next_payment_statuses(payment_status text, order_status public.order_status) returns text[]
language sql immutable strict parallel safe set search_path = ''
return case
  when next_payment_statuses.order_status in ('shipped', 'delivered', 'cancelled') then
    case next_payment_statuses.payment_status
      when 'unpaid' then array['partially_paid', 'paid']
      when 'partially_paid' then array['paid', 'refunded']
      when 'paid' then array['refunded']
      else array[]::text[]
    end
  else
    case next_payment_statuses.payment_status
      when 'unpaid' then array['partially_paid', 'paid']
      when 'partially_paid' then array['unpaid', 'paid', 'refunded']
      when 'paid' then array['unpaid', 'partially_paid', 'refunded']
      else array['partially_paid', 'paid']
    end
end;
grant execute on function app.next_payment_statuses to anon, authenticated, service_role;

-- Through the API no order begins as refunded; the service may bring in one that is.
create function app.check_payment_status() returns trigger
language plpgsql set search_path = '' as $$
declare
  allowed text[] := '{unpaid,partially_paid,paid}';
begin
  if tg_op = 'UPDATE' then
    allowed := app.next_payment_statuses(old.payment_status, old.order_status);
  end if;
  if new.payment_status = any (allowed)
    or current_user not in ('authenticated', 'service_role')
    or tg_op = 'INSERT' and current_user = 'service_role'
  then
    return new;
  end if;
  perform app.refuse(409, 'illegal_transition',
    case
      when tg_op = 'INSERT' then 'a new order is not refunded: record what was paid first'
      else format('the payment of this %s order goes from %s to %s, not to %s', old.order_status, old.payment_status,
        case when allowed = '{}' then 'nothing' else array_to_string(allowed, ' or ') end, new.payment_status)
    end || case
      when old.order_status in ('shipped', 'delivered', 'cancelled')
      then '; what was typed wrong is put right with scope admin by order-correct-payment'
      else ''
    end,
    jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.payment_status end, 'to', new.payment_status, 'allowed', to_jsonb(allowed)
    ));
  return null;
end
$$;
create trigger check_payment_status before insert on public.orders
  for each row when (new.payment_status = 'refunded') execute function app.check_payment_status();
create trigger check_payment_status_changed before update on public.orders
  for each row when (old.payment_status <> new.payment_status) execute function app.check_payment_status();

-- What can be done where lines, and with them total and currency, do not change as they were to.
create function app.instead_of_lines(order_status public.order_status) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when instead_of_lines.order_status = 'pending' then 'change its lines'
  when instead_of_lines.order_status in ('confirmed', 'fulfilling') then 'cancel it and make a new one'
  when instead_of_lines.order_status = 'cancelled' then 'make a new one'
  else 'make a new one for what is missing, or give money back by refund_amount'
end;
grant execute on function app.instead_of_lines to authenticated, service_role;

-- As it was (0044) in all else than its words.
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
      format('the currency changes while the order is pending; this one is %s: %s', old.order_status, app.instead_of_lines(old.order_status)),
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
        format('the total is %s, the sum of the order''s lines: %s', coalesce(lines_total, old.total_amount), app.instead_of_lines(old.order_status)),
        jsonb_build_object('total_amount', coalesce(lines_total, old.total_amount), 'order_status', old.order_status));
    end if;
  end if;
  if new.payment_status = 'unpaid' or (tg_op = 'UPDATE' and old.payment_status = 'unpaid' and new.payment_status = 'refunded') then
    paid := 0;
  end if;
  if new.refund_amount > paid then
    perform app.refuse(409, 'refund_exceeds_paid',
      format(
        case when paid = 0 then '%s cannot be paid back: the order is unpaid. Set payment_status to partially_paid or paid first, where it was'
          else '%s cannot be paid back: at most %s was paid' end,
        new.refund_amount, paid
      ),
      jsonb_build_object('refund_amount', new.refund_amount, 'paid', paid, 'payment_status', new.payment_status));
  end if;
  return new;
end
$$;

-- What can be done where a column of an order that is done does not change as it was to.
create function app.instead_of_change(field text, order_status public.order_status) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when instead_of_change.field = 'refund_amount'
    then 'a refund_amount only grows; one that was typed wrong is put right with scope admin by order-correct-payment'
  when instead_of_change.field = 'order_number' then 'the order is known by that number; write another one in notes'
  when instead_of_change.field in ('awb_number', 'shipping_address') and instead_of_change.order_status <> 'cancelled'
    then format('the parcel went out with that %s; write a later one in notes', instead_of_change.field)
  when instead_of_change.field in ('awb_number', 'shipping_address') then 'it is not sent any more; make a new order'
  when instead_of_change.field in ('total_amount', 'currency') and instead_of_change.order_status <> 'cancelled'
    then 'make a new order for what is missing, or give money back by refund_amount'
  else 'make a new order for what is to be different'
end;
grant execute on function app.instead_of_change to authenticated, service_role;

-- As it was (0041), and steps of payment are app.next_payment_statuses' to tell.
create or replace function app.keep_finished_order() returns trigger
language plpgsql set search_path = '' as $$
declare
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
  if frozen is not null then
    perform app.refuse(409, 'order_finished',
      format('a %s order keeps its %s: %s', old.order_status, array_to_string(frozen, ', '), (
        select string_agg(distinct app.instead_of_change(field, old.order_status), '; ') from unnest(frozen) as field
      )),
      jsonb_build_object('order_status', old.order_status, 'frozen', to_jsonb(frozen)));
  end if;
  return new;
end
$$;

comment on column public.orders.payment_status is
  'unpaid, partially_paid, paid, then refunded; once the order is shipped or cancelled it only goes forward.';
