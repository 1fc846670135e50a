-- Count the added rows of a statement: an AFTER statement trigger with the transition table `added_rows`; its argument
-- names the resource.
create or replace function app.count_added() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(added_rows.organization_id, tg_argv[0], count(*))
  from added_rows group by added_rows.organization_id;
  return null;
end
$$;
