-- Give back the stock of deleted orders.
create or replace function app.release_deleted_orders() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.release_stock(removed.organization_id, removed.id)
  from (select removed_rows.organization_id, removed_rows.id from removed_rows order by removed_rows.id) as removed;
  return null;
end
$$;
