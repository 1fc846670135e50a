-- Keep the comparable spelling of an SKU.
create or replace function app.key_sku() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.sku_key := app.code_key(new.sku);
  return new;
end
$$;
