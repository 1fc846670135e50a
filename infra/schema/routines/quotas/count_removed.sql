-- Subtract removed rows from the counters of their organizations.
create or replace function app.count_removed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(removed_rows.organization_id, tg_argv[0], -count(*))
  from removed_rows
  -- An organization that is being deleted takes its counters with it.
  where exists (select from public.organizations where organizations.id = removed_rows.organization_id)
  group by removed_rows.organization_id;
  return null;
end
$$;
