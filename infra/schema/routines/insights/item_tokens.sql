-- Return the tokens by which an item is found.
create or replace function app.item_tokens(
  organization_id uuid, name text, description text, sku text, item_no text, barcode text
) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(organization_id,
    concat_ws(' ', sku, item_no, barcode, coalesce(name, left(description, 200))), null);
end
$$;
grant execute on function app.item_tokens to authenticated, service_role;
