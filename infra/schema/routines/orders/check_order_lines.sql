-- An order goes ahead with something to deliver.
create or replace function app.check_order_lines() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from public.order_items where order_items.order_id = new.id) then
    perform app.refuse(409, 'order_without_lines', 'an order without lines is not confirmed: add its order_items first',
      jsonb_build_object('order_id', new.id));
  end if;
  return new;
end
$$;
