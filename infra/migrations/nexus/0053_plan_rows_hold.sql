-- The checks of the file before this one hold of the rows that were there; so do the bytes of buckets count.

alter table public.plans validate constraint plans_rows_and_bytes_check;
alter table public.usage_counters validate constraint usage_counters_resource_check;
alter table public.media validate constraint media_failure_check;

do $$
begin
  if to_regclass('storage.objects') is not null then
    insert into public.usage_counters (organization_id, resource, period, used)
    select organizations.id, 'storage_bytes', 'total', sum(app.stored_bytes(objects.bucket_id, objects.metadata))
    from storage.objects
    join public.organizations on organizations.id = app.stored_for(objects.name)
    group by organizations.id
    on conflict on constraint usage_counters_pkey do update set used = excluded.used;
  end if;
exception when insufficient_privilege then
  raise warning 'this login may not read storage.objects (%): the bytes of buckets are counted from now on', sqlerrm;
end
$$;
