-- Count the bytes of the buckets' objects.
create or replace function app.count_storage() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed record;
  moved jsonb := '{}';
begin
  if tg_op <> 'DELETE' then
    select coalesce(jsonb_object_agg(told.organization, told.bytes), '{}') into moved
    from (
      select app.stored_for(row.name) as organization, sum(app.stored_bytes(row.bucket_id, row.metadata)) as bytes
      from added_rows as row
      where app.stored_for(row.name) is not null
      group by 1
    ) as told;
  end if;
  if tg_op <> 'INSERT' then
    select moved || coalesce(jsonb_object_agg(told.organization,
      coalesce((moved ->> told.organization::text)::bigint, 0) - told.bytes), '{}')
    into moved
    from (
      select app.stored_for(row.name) as organization, sum(app.stored_bytes(row.bucket_id, row.metadata)) as bytes
      from removed_rows as row
      where app.stored_for(row.name) is not null
      group by 1
    ) as told;
  end if;
  for changed in
    select organizations.id, told.value::bigint as bytes
    from jsonb_each_text(moved) as told
    join public.organizations on organizations.id = told.key::uuid
    where told.value <> '0'
    order by organizations.id
  loop
    perform app.add_usage(changed.id, 'storage_bytes', changed.bytes);
  end loop;
  return null;
end
$$;
