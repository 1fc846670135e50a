-- Refuse an item that is not there, or that is no longer sold.
create or replace function app.refuse_item(item_id uuid, is_absent boolean, sku text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if is_absent then
    perform app.refuse(404, 'not_found', format('there is no item %s', item_id),
      jsonb_build_object('item_id', item_id));
  end if;
  perform app.refuse(409, 'item_not_active', format('these items are no longer sold: %s', coalesce(sku, item_id::text)),
    jsonb_build_object('inactive', jsonb_build_array(item_id)));
end
$$;
grant execute on function app.refuse_item to authenticated, service_role;
