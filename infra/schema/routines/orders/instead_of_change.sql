-- What can be done where a column of an order that is done does not change as it was to.
create or replace function app.instead_of_change(field text, order_status public.order_status) returns text
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
