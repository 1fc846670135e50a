-- Refuse an illegal step of an order's payment. Through the API no order begins as refunded; the service may import one
-- that is.
create or replace function app.check_payment_status() returns trigger
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
      when tg_op = 'INSERT' then 'a new order cannot be refunded: record what was paid first'
      else format('the payment of this %s order can go from %s to %s, not to %s', old.order_status, old.payment_status,
        case when allowed = '{}' then 'nothing' else array_to_string(allowed, ' or ') end, new.payment_status)
    end || case
      when old.order_status in ('shipped', 'delivered', 'cancelled')
      then '; correct a wrong entry with order-correct-payment (scope admin)'
      else ''
    end,
    jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.payment_status end, 'to', new.payment_status, 'allowed',
        to_jsonb(allowed)
    ));
  return null;
end
$$;
