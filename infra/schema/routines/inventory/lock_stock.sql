-- Lock the balances of these items and return them. Nobody waits for a balance that is made later.
create or replace function app.lock_stock(organization_id uuid, item_ids uuid[]) returns uuid[]
language sql volatile security definer set search_path = '' as $$
  select coalesce(array_agg(balance.id), '{}')
  from (
    select stock_balances.id
    from public.stock_balances
    where stock_balances.organization_id = lock_stock.organization_id and stock_balances.item_id = any (item_ids)
    order by stock_balances.item_id, stock_balances.warehouse_id
    for no key update
  ) as balance
$$;
