-- Return what to do instead where lines, and with them total and currency, cannot change.
create or replace function app.instead_of_lines(order_status public.order_status) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when instead_of_lines.order_status = 'pending' then 'change its lines'
  when instead_of_lines.order_status in ('confirmed', 'fulfilling') then 'cancel it and create a new one'
  when instead_of_lines.order_status = 'cancelled' then 'create a new one'
  else 'create a new one for what is missing, or give money back with refund_amount'
end;
grant execute on function app.instead_of_lines to authenticated, service_role;
