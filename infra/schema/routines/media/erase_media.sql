-- Erase those of the files that no message shows any more; return how many. purge-expired deletes what was never shown
-- (docs/data-lifetime.md).
create or replace function app.erase_media(organization uuid, files uuid[]) returns bigint
language sql volatile security definer set search_path = '' as $$
  with gone as (
    update public.media as file
    set status = 'deleted', failure = null, file_name = null, mime_type = null, size_bytes = null, sha256 = null
    where file.organization_id = erase_media.organization and file.id = any (erase_media.files)
      and file.status <> 'deleted'
      and not exists (
        select from public.message_media as shown
        where shown.organization_id = file.organization_id and shown.media_id = file.id
      )
    returning file.organization_id, file.id
  ), work as (
    insert into public.media_tasks as task (organization_id, media_id, task)
    select gone.organization_id, gone.id, 'erase' from gone
    on conflict on constraint media_tasks_pkey do update
    set task = 'erase', provider_id = null, url = null, sha256 = null, attempts = 0, available_at = now()
  )
  select count(*) from gone
$$;
grant execute on function app.erase_media to service_role;
