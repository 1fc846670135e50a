-- Replace the old default warehouse by a new one, so that one request is enough. Where there was no default nothing is
-- updated: a caller without rights is refused by the row's own policy.
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
