-- The service, which belongs to no organization, need not name it.
create or replace function app.adopt_order_item() returns trigger
language plpgsql set search_path = '' as $$
begin
  select orders.organization_id into new.organization_id from public.orders where orders.id = new.order_id;
  return new;
end
$$;
