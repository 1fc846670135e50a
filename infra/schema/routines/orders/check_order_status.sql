-- Refuse an illegal step of an order. Through the API an order begins as pending. The service may import orders that
-- are further on; from there they move by the same steps.
create or replace function app.check_order_status() returns trigger
language plpgsql set search_path = '' as $$
declare
  allowed public.order_status[];
begin
  if tg_op = 'INSERT' then
    if new.order_status = 'pending' or current_user <> 'authenticated' then
      return new;
    end if;
    allowed := array['pending'];
  else
    allowed := app.next_order_statuses(old.order_status);
    if new.order_status = old.order_status or new.order_status = any (allowed) then
      return new;
    end if;
  end if;
  perform app.refuse(409, 'illegal_transition',
    case
      when tg_op = 'INSERT' then 'a new order is pending: create it, then change its status'
      when allowed = '{}' then format('the status of a %s order cannot change any more', old.order_status)
      else format('a %s order can go to %s, not to %s', old.order_status, array_to_string(allowed, ' or '),
        new.order_status)
    end,
    jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.order_status end, 'to', new.order_status, 'allowed', to_jsonb(allowed)
    ));
  return null;
end
$$;
