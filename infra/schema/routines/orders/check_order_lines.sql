-- Refuse to confirm an order without lines.
create or replace function app.check_order_lines() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from public.order_items where order_items.order_id = new.id) then
    perform app.refuse(409, 'order_without_lines',
      'an order without lines cannot be confirmed: add its order_items first',
      jsonb_build_object('order_id', new.id));
  end if;
  return new;
end
$$;
