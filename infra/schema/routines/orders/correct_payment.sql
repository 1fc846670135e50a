-- Correct the payment of an order. What is null stays as it is.
create or replace function app.correct_payment(order_id uuid, payment_status text, refund_amount numeric)
  returns public.orders
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
  before public.orders;
  after public.orders;
begin
  select placed.* into before
  from public.orders as placed
  where placed.organization_id = organization and placed.id = correct_payment.order_id
  for no key update;
  if before.id is null then
    perform app.refuse(404, 'not_found', 'no such order in this organization: check the id');
  end if;
  if correct_payment.payment_status = 'refunded' and before.payment_status <> 'refunded' then
    perform app.refuse(409, 'illegal_transition',
      'a correction cannot refund: record what was paid, then set payment_status to refunded on the order',
      jsonb_build_object('from', before.payment_status, 'to', 'refunded', 'allowed',
        '["unpaid", "partially_paid", "paid"]'::jsonb));
  end if;
  update public.orders as placed
  set payment_status = coalesce(correct_payment.payment_status, before.payment_status),
    refund_amount = coalesce(correct_payment.refund_amount, before.refund_amount)
  where placed.organization_id = organization and placed.id = before.id
  returning placed.* into after;
  perform app.record_event(organization, 'orders.correct_payment', 'orders', before.id, jsonb_build_object(
    'payment_status', jsonb_build_object('from', before.payment_status, 'to', after.payment_status),
    'refund_amount', jsonb_build_object('from', before.refund_amount, 'to', after.refund_amount)
  ));
  return after;
end
$$;
grant execute on function app.correct_payment to authenticated;
