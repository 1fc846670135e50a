-- Refuse a transfer that does not take out of one warehouse what it brings into another. Stock from outside is an
-- inbound movement or an adjustment.
create or replace function app.check_transfers() returns trigger
language plpgsql set search_path = '' as $$
declare
  unequal jsonb;
begin
  select jsonb_agg(jsonb_build_object(
    'item_id', moved.inventory_item_id, 'reference_id', moved.reference_id, 'movements', moved.movements, 'sum',
      moved.total
  ))
  into unequal
  from (
    select added_rows.inventory_item_id, added_rows.reference_id, count(*) as movements,
      count(distinct added_rows.warehouse_id) as warehouses, sum(added_rows.quantity) as total
    from added_rows
    where added_rows.movement_type = 'transfer'
    group by added_rows.organization_id, added_rows.inventory_item_id, added_rows.reference_id
  ) as moved
  where moved.movements <> 2 or moved.warehouses <> 2 or moved.total <> 0;
  if unequal is not null then
    perform app.refuse(422, 'unbalanced_transfer',
      'a transfer of an item is two movements in one request: -n out of one warehouse, n into another',
      jsonb_build_object('lines', unequal));
  end if;
  return null;
end
$$;
