-- Delete the personal values together with their event.
create or replace function app.drop_values() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.audit_values as kept
  using gone
  where kept.organization_id = gone.organization_id and kept.event_id = gone.id;
  return null;
end
$$;
