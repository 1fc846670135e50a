-- Give a line the organization of its order where the service, which belongs to no organization, left it out.
create or replace function app.adopt_order_item() returns trigger
language plpgsql set search_path = '' as $$
begin
  select orders.organization_id into new.organization_id from public.orders where orders.id = new.order_id;
  return new;
end
$$;
