-- Keep a file that somebody has uploaded, identified by its bytes: return the row that has the same bytes where there
-- is one.
create or replace function app.keep_upload(id uuid, kind text, mime_type text, file_name text, size_bytes bigint,
  sha256 text)
returns setof public.media
language sql volatile security definer set search_path = '' as $$
  insert into public.media (id, organization_id, origin, kind, status, mime_type, file_name, size_bytes, sha256)
  values (
    keep_upload.id, app.organization_with('write'), 'upload', keep_upload.kind, 'stored', keep_upload.mime_type,
    keep_upload.file_name, keep_upload.size_bytes, keep_upload.sha256
  )
  on conflict (organization_id, sha256, kind, file_name) where origin = 'upload' and status = 'stored'
  do update set updated_at = excluded.updated_at
  returning *
$$;
grant execute on function app.keep_upload to authenticated;
