-- Let a new default warehouse take the place of the old one, so that it is moved by one request. Where there is no
-- former default nothing is updated: a caller without rights is refused by the row's own policy.
create or replace function app.move_default_warehouse() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from public.warehouses as former
    where former.organization_id = new.organization_id and former.id <> new.id and former.is_default
  ) then
    update public.warehouses as former
    set is_default = false
    where former.organization_id = new.organization_id and former.id <> new.id and former.is_default;
  end if;
  return new;
end
$$;
