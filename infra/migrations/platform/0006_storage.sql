-- Buckets and objects, under the names, columns and functions of Supabase Storage. The bytes are in the blob store, under
-- an object's version: a version is written once, and whatever no row names any more is erased.

create schema storage;
grant usage on schema storage to anon, authenticated, service_role;

create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
grant usage on type storage.buckettype to anon, authenticated, service_role;

create table storage.buckets (
  id text primary key,
  name text not null constraint bucket_name_length_check check (length(name) between 1 and 100),
  owner uuid,
  owner_id text,
  public boolean not null default false,
  avif_autodetection boolean not null default false,
  file_size_limit bigint check (file_size_limit >= 0),
  allowed_mime_types text[],
  type storage.buckettype not null default 'STANDARD',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index bname on storage.buckets (name);
comment on column storage.buckets.owner is 'Of old; owner_id says it.';

create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text constraint "objects_bucketId_fkey" references storage.buckets (id),
  name text not null,
  owner uuid,
  owner_id text,
  version text,
  metadata jsonb,
  user_metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_accessed_at timestamptz not null default now()
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
-- Lists walk a folder in the order of its bytes.
create index idx_objects_bucket_id_name on storage.objects (bucket_id, name collate "C");
comment on column storage.objects.version is 'Where the bytes are in the blob store.';
comment on column storage.objects.metadata is 'Of the bytes: size, mimetype, eTag, cacheControl, lastModified.';
comment on column storage.objects.user_metadata is 'What the uploader said of them.';

create function storage.foldername(name text) returns text[]
language sql immutable set search_path = ''
return (string_to_array(name, '/'))[: array_length(string_to_array(name, '/'), 1) - 1];

create function storage.filename(name text) returns text
language sql immutable set search_path = ''
return (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)];

create function storage.extension(name text) returns text
language sql immutable set search_path = ''
return reverse(split_part(reverse(storage.filename(name)), '.', 1));

grant execute on function storage.foldername, storage.filename, storage.extension to anon, authenticated, service_role;

create function storage.update_updated_at_column() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger update_buckets_updated_at before update on storage.buckets
  for each row execute function storage.update_updated_at_column();
create trigger update_objects_updated_at before update on storage.objects
  for each row execute function storage.update_updated_at_column();

-- A version is announced here before its bytes are written, and taken off when a row names it: what a crash leaves behind
-- falls due. A version that its row no longer names comes back, due when those who are still reading it have done so.
create table storage.blobs_to_erase (
  version text primary key,
  due_at timestamptz not null,
  attempts integer not null default 0,
  last_error text
);
create index blobs_to_erase_due_idx on storage.blobs_to_erase (due_at);

create function storage.settle_blobs() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op <> 'DELETE' then
    delete from storage.blobs_to_erase where version = new.version;
  end if;
  if tg_op <> 'INSERT' and old.version is not null and (tg_op = 'DELETE' or new.version is distinct from old.version) then
    insert into storage.blobs_to_erase (version, due_at) values (old.version, now() + interval '1 minute')
    on conflict (version) do nothing;
  end if;
  return null;
end
$$;
create trigger settle_blobs after insert or delete or update of version on storage.objects
  for each row execute function storage.settle_blobs();

-- Without a policy nobody reaches a row but the service. Policies are the project's own, as on the platform.
alter table storage.buckets enable row level security;
alter table storage.buckets force row level security;
grant select, insert, update, delete on storage.buckets to anon, authenticated, service_role;

alter table storage.objects enable row level security;
alter table storage.objects force row level security;
grant select, insert, update, delete on storage.objects to anon, authenticated, service_role;

alter table storage.blobs_to_erase enable row level security;
grant select, insert, update, delete on storage.blobs_to_erase to service_role;
