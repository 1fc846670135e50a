-- Refuse to delete an order that must be kept, and say why.
create or replace function app.keep_order_from_deletion() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') then
    perform app.refuse(409, 'order_finished',
      case
        when old.order_status in ('shipped', 'delivered')
          then format('a %s order cannot be deleted: it records what was sold', old.order_status)
        when old.payment_status <> 'unpaid'
          then format('an order cannot be deleted after money was taken for it: its payment_status is %s',
            old.payment_status)
        else format('a %s order cannot be deleted: stock is reserved for it. Cancel it first', old.order_status)
      end,
      jsonb_build_object('order_status', old.order_status, 'frozen', '[]'::jsonb));
  end if;
  return old;
end
$$;
