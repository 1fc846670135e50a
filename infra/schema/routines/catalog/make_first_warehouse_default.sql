-- Make an organization's first warehouse its default.
create or replace function app.make_first_warehouse_default() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.is_default := new.is_default or not exists (
    select from public.warehouses as other where other.organization_id = new.organization_id
  );
  return new;
end
$$;
