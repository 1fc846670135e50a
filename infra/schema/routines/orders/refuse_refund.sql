-- Refuse to pay back more of an order than was paid.
create or replace function app.refuse_refund(refund_amount numeric, paid numeric, payment_status text) returns void
language plpgsql set search_path = '' as $$
begin
  perform app.refuse(409, 'refund_exceeds_paid',
    format(
      case when paid = 0 then
        '%s cannot be paid back: the order is unpaid. To make it unpaid set refund_amount to 0 first, '
            'or use order-correct-payment; where it was paid set payment_status to partially_paid or paid first'
        else '%s cannot be paid back: at most %s was paid' end,
      refund_amount, paid
    ),
    jsonb_build_object('refund_amount', refund_amount, 'paid', paid, 'payment_status', payment_status));
end
$$;
grant execute on function app.refuse_refund to authenticated, service_role;
