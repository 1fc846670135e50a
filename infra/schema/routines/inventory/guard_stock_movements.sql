-- Refuse to change or delete a stock movement.
create or replace function app.guard_stock_movements() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Rows leave only with their organization: the cascade runs one trigger level down.
  if tg_op = 'DELETE' and pg_trigger_depth() > 1 then
    return old;
  end if;
  perform app.refuse(403, 'stock_movements_are_append_only',
    'stock movements are never changed or deleted: insert an adjustment');
  return null;
end
$$;
