-- Refuse to change the lines of an order that is not pending any more, and say what to do instead.
create or replace function app.refuse_line_change(order_status public.order_status) returns void
language plpgsql immutable set search_path = '' as $$
begin
  perform app.refuse(409, 'order_not_pending',
    format('lines can change only while the order is pending; this order is %s: %s', order_status,
      app.instead_of_lines(order_status)),
    jsonb_build_object('order_status', order_status));
end
$$;
grant execute on function app.refuse_line_change to authenticated, service_role;
