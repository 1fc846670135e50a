-- The buckets of an organization's files: message-media, labels of shipments, exports. A path begins with the id of the
-- organization that it belongs to; within it callers have the rights that they have on records: read, write, and admin to
-- delete. The schema is the platform's: where a managed one owns it, its owner may have to run these statements
-- (docs/storage.md). Without them the buckets are closed to everybody but the service.

do $$
begin
  if to_regclass('storage.objects') is null then
    raise warning 'this database has no schema storage: the buckets message-media, labels and exports are not made';
    return;
  end if;

  insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values
    ('message-media', 'message-media', false, 104857600, null),
    ('labels', 'labels', false, 10485760, '{application/pdf,image/png,image/jpeg,text/plain,application/zpl}'),
    ('exports', 'exports', false, null, null)
  on conflict (id) do nothing;

  create policy nexus_buckets_select on storage.buckets for select to authenticated
    using (id in ('message-media', 'labels', 'exports') and (select app.organization_id()) is not null);

  create policy nexus_objects_select on storage.objects for select to authenticated
    using (
      bucket_id in ('message-media', 'labels', 'exports')
      and split_part(name, '/', 1) = (select app.organization_id())::text
    );
  create policy nexus_objects_insert on storage.objects for insert to authenticated
    with check (
      bucket_id in ('message-media', 'labels', 'exports')
      and split_part(name, '/', 1) = (select app.organization_with('write'))::text
    );
  create policy nexus_objects_update on storage.objects for update to authenticated
    using (
      bucket_id in ('message-media', 'labels', 'exports')
      and split_part(name, '/', 1) = (select app.organization_with('write'))::text
    )
    with check (
      bucket_id in ('message-media', 'labels', 'exports')
      and split_part(name, '/', 1) = (select app.organization_with('write'))::text
    );
  create policy nexus_objects_delete on storage.objects for delete to authenticated
    using (
      bucket_id in ('message-media', 'labels', 'exports')
      and split_part(name, '/', 1) = (select app.organization_with('admin'))::text
    );
exception when insufficient_privilege then
  raise warning 'this login may not make the buckets message-media, labels and exports or their policies (%): run this file as the owner of storage.objects', sqlerrm;
end
$$;
