-- Refuse a total that is not the sum of the order's lines, and say what to do instead.
create or replace function app.refuse_total(total_amount numeric, order_status public.order_status) returns void
language plpgsql set search_path = '' as $$
begin
  perform app.refuse(409, 'total_follows_lines',
    format('the total is %s, the sum of the order''s lines: %s', total_amount, app.instead_of_lines(order_status)),
    jsonb_build_object('total_amount', total_amount, 'order_status', order_status));
end
$$;
grant execute on function app.refuse_total to authenticated, service_role;
