-- Return what to do instead where a column of a finished order cannot change.
create or replace function app.instead_of_change(field text, order_status public.order_status) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when instead_of_change.field = 'refund_amount'
    then 'refund_amount can only grow; correct a wrong one with order-correct-payment (scope admin)'
  when instead_of_change.field = 'order_number' then 'the order is known by this number; write another one in notes'
  when instead_of_change.field in ('awb_number', 'shipping_address') and instead_of_change.order_status <> 'cancelled'
    then format('the parcel was sent with this %s; write a later one in notes', instead_of_change.field)
  when instead_of_change.field in ('awb_number', 'shipping_address')
    then 'it will not be sent any more; create a new order'
  when instead_of_change.field in ('total_amount', 'currency') and instead_of_change.order_status <> 'cancelled'
    then 'create a new order for what is missing, or give money back with refund_amount'
  else 'create a new order for what should be different'
end;
grant execute on function app.instead_of_change to authenticated, service_role;
