-- Keep the comparable spelling of an order number.
create or replace function app.key_order_number() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.order_number = old.order_number then
    new.order_number_key := old.order_number_key;
  else
    new.order_number_key := app.order_number_key(new.order_number);
  end if;
  return new;
end
$$;
