-- A new default takes the place of the old one, so that it is moved by one request.
create function app.move_default_warehouse() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.warehouses as former
  set is_default = false
  where former.organization_id = new.organization_id and former.id <> new.id and former.is_default;
  return new;
end
$$;
create trigger move_default before insert or update of is_default on public.warehouses
  for each row when (new.is_default) execute function app.move_default_warehouse();
comment on column public.warehouses.is_default is
  'Orders reserve here first. One at most: a new one takes the place of the old one.';
