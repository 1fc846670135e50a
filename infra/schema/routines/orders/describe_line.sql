-- Link a line that has an item's SKU to the item, and give it the words of its item; when the item is replaced, all
-- words except those that this write gives. `before` is null for a new line.
create or replace function app.describe_line(
  line public.order_items, before public.order_items, organization uuid, is_pending boolean
) returns public.order_items
language plpgsql set search_path = '' as $$
declare
  is_new boolean := before.id is null;
  is_moved boolean := is_new or line.item_id is distinct from before.item_id;
  swapped boolean := not is_new and is_moved and line.item_id is not null;
  linked uuid;
  item record;
begin
  if is_pending and line.sku is not null
    and (is_new and line.item_id is null or not is_moved and line.sku is distinct from before.sku)
  then
    select items.id into linked
    from public.items
    where items.organization_id = organization and items.sku_key = app.code_key(line.sku) and items.is_active;
    if linked is not null and linked is distinct from line.item_id then
      line.item_id := linked;
      is_moved := true;
      swapped := not is_new;
    end if;
  end if;
  if line.item_id is not null and (is_moved or line.qty > before.qty) then
    select items.sku, items.barcode, items.is_active,
      coalesce(items.name, items.description, items.item_no, items.sku, items.id::text) as name
    into item
    from public.items
    where items.id = line.item_id and items.organization_id = organization;
    if item is null or not item.is_active and is_pending then
      perform app.refuse_item(line.item_id, item is null, item.sku);
    end if;
    if swapped then
      line.sku := case when line.sku is distinct from before.sku then line.sku end;
      line.name := case when line.name is distinct from before.name then line.name end;
      line.barcode := case when line.barcode is distinct from before.barcode then line.barcode end;
    end if;
    line.sku := coalesce(line.sku, item.sku);
    line.name := coalesce(line.name, item.name);
    line.barcode := coalesce(line.barcode, item.barcode);
  end if;
  return line;
end
$$;
grant execute on function app.describe_line to authenticated, service_role;
