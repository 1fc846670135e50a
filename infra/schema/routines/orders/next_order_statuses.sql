-- Return where an order may go from here; nothing else knows.
create or replace function app.next_order_statuses(status public.order_status) returns public.order_status[]
language sql immutable strict parallel safe set search_path = ''
return case next_order_statuses.status
  when 'pending' then array['confirmed', 'cancelled']::public.order_status[]
  when 'confirmed' then array['fulfilling', 'cancelled']::public.order_status[]
  when 'fulfilling' then array['shipped', 'cancelled']::public.order_status[]
  when 'shipped' then array['delivered']::public.order_status[]
  else array[]::public.order_status[]
end;
grant execute on function app.next_order_statuses to anon, authenticated, service_role;
