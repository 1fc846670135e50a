-- Return where the payment of an order may go from here; nothing else knows. While the order is open a step may be
-- taken back; once it is shipped, delivered or cancelled, money is only recorded: it comes in, then it goes back.
create or replace function app.next_payment_statuses(payment_status text, order_status public.order_status)
  returns text[]
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
