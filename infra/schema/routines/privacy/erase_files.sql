-- Erase the names of files that no message of anybody else shows; a job erases their bytes.
create or replace function app.erase_files(organization uuid, said uuid[]) returns uuid[]
language plpgsql volatile set search_path = '' as $$
declare
  files uuid[];
begin
  select array_agg(distinct shown.media_id) into files
  from public.message_media as shown
  where shown.organization_id = organization and shown.message_id = any (said)
    and not exists (
      select from public.message_media as elsewhere
      where elsewhere.organization_id = organization and elsewhere.media_id = shown.media_id
        and elsewhere.message_id <> all (said)
    );
  update public.media as file
  set status = 'deleted', failure = null, file_name = null, sha256 = null
  where file.organization_id = organization and file.id = any (files);
  insert into public.media_tasks as task (organization_id, media_id, task)
  select organization, media_id, 'erase' from unnest(files) as media_id
  on conflict on constraint media_tasks_pkey do update
  set task = 'erase', provider_id = null, url = null, sha256 = null, attempts = 0, available_at = now();
  return coalesce(files, '{}');
end
$$;
