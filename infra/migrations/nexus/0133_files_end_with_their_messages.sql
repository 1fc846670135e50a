-- A file that no message shows any more is erased at once; what was never shown is for purge-expired (docs/data-lifetime.md).

create function app.erase_media(organization uuid, files uuid[]) returns bigint
language sql volatile security definer set search_path = '' as $$
  with gone as (
    update public.media as file
    set status = 'deleted', failure = null, file_name = null, mime_type = null, size_bytes = null, sha256 = null
    where file.organization_id = erase_media.organization and file.id = any (erase_media.files) and file.status <> 'deleted'
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

-- An organization that is deleted takes its rows along.
create function app.forget_shown_files() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.erase_media(organization.id, touched.files)
  from (
    select gone.organization_id, array_agg(distinct gone.media_id) as files from gone group by gone.organization_id
  ) as touched
  join public.organizations as organization on organization.id = touched.organization_id;
  return null;
end
$$;
create trigger forget_shown_files after delete on public.message_media
  referencing old table as gone for each statement execute function app.forget_shown_files();

-- What no message has shown: of a channel after a day, put up after 30. How many.
create function app.forget_media(most integer) returns bigint
language sql volatile set search_path = '' as $$
  select coalesce(sum(app.erase_media(old.organization_id, old.files)), 0)::bigint
  from (
    select file.organization_id, array_agg(file.id) as files
    from (
      select never.organization_id, never.id
      from public.organizations as organization
      cross join lateral (
        select kept.organization_id, kept.id
        from public.media as kept
        where kept.organization_id = organization.id and kept.status <> 'deleted'
          and kept.created_at < now() - case kept.origin when 'channel' then interval '1 day' else interval '30 days' end
          and not exists (
            select from public.message_media as shown
            where shown.organization_id = kept.organization_id and shown.media_id = kept.id
          )
        limit forget_media.most
      ) as never
      limit forget_media.most
    ) as file
    group by file.organization_id
  ) as old
$$;
grant execute on function app.erase_media, app.forget_media to service_role;
