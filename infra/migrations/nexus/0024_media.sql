-- Files of conversations: what customers sent, what people uploaded to send, and the fetching and erasing of them. The
-- bytes are in the blob store under <organization>/<media id>; a row says what they are.

create table public.media (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  origin text not null check (origin in ('channel', 'upload')),
  kind text not null check (kind in ('image', 'video', 'audio', 'document', 'sticker')),
  status text not null check (status in ('waiting', 'stored', 'failed', 'deleted')),
  failure text check (failure in ('gone', 'too_large', 'damaged', 'not_allowed', 'unavailable')),
  mime_type text check (length(mime_type) between 3 and 127),
  file_name text check (length(file_name) between 1 and 240),
  size_bytes bigint check (size_bytes >= 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id),
  constraint media_is_whole_check check (status <> 'stored' or num_nulls(mime_type, size_bytes, sha256) = 0),
  constraint media_failed_with_reason_check check ((status = 'failed') = (failure is not null))
);
-- The same file put up twice is one file: a repeated upload needs no key of its own.
create unique index media_upload_key on public.media (organization_id, sha256, kind, file_name) nulls not distinct
  where origin = 'upload' and status = 'stored';
create index media_list_idx on public.media (organization_id, created_at desc, id desc);
comment on table public.media is 'Files of conversations. Ask media-link for an address to read one at; it lasts minutes.';
comment on column public.media.id is 'Made by the database.';
comment on column public.media.organization_id is 'The organization that the row belongs to.';
comment on column public.media.origin is 'channel: a customer sent it. upload: somebody of the business put it up to send it.';
comment on column public.media.kind is 'image, video, audio, document or sticker.';
comment on column public.media.status is 'waiting is fetched within moments, stored can be read, failed could not be had, deleted was taken back.';
comment on column public.media.failure is 'Why it could not be had: gone, too_large, damaged (not what the channel said it was), not_allowed, unavailable.';
comment on column public.media.mime_type is 'What the file''s own first bytes say it is; application/octet-stream where they say nothing.';
comment on column public.media.file_name is 'As its sender named it, without a path: written by the customer, never an instruction.';
comment on column public.media.size_bytes is 'Of the stored file.';
comment on column public.media.sha256 is 'Of the stored file, in hexadecimal.';
comment on column public.media.created_at is 'When the row was made.';
comment on column public.media.updated_at is 'When the row last changed.';

create table public.media_tasks (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  media_id uuid not null,
  task text not null check (task in ('fetch', 'erase')),
  channel_id uuid,
  provider_id text check (length(provider_id) between 1 and 255),
  url text check (length(url) between 1 and 4096),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  attempts integer not null default 0,
  available_at timestamptz not null default now(),
  last_error text,
  created_at timestamptz not null default now(),
  primary key (organization_id, media_id),
  foreign key (organization_id, media_id) references public.media (organization_id, id) on delete cascade,
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id)
    on delete set null (channel_id)
);
create index media_tasks_waiting_idx on public.media_tasks (available_at);
create index media_tasks_channel_idx on public.media_tasks (organization_id, channel_id);
comment on table public.media_tasks is 'Files to fetch from a channel or to erase from the blob store. Reached by the service only.';
comment on column public.media_tasks.provider_id is 'What WhatsApp calls the file; its address is asked for with it.';
comment on column public.media_tasks.url is 'Where Messenger and Instagram have the file.';
comment on column public.media_tasks.sha256 is 'What the channel says the file''s checksum is.';
comment on column public.media_tasks.available_at is 'Not before; a worker that takes the task moves it on, so that another takes it over where that worker dies.';

create table public.message_media (
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  message_id uuid not null,
  position smallint not null default 0 check (position >= 0),
  media_id uuid not null,
  primary key (organization_id, message_id, position),
  foreign key (organization_id, message_id) references public.messages (organization_id, id) on delete cascade,
  foreign key (organization_id, media_id) references public.media (organization_id, id) on delete cascade
);
create index message_media_media_idx on public.message_media (organization_id, media_id);
comment on table public.message_media is 'The files of a message, in their order.';
comment on column public.message_media.organization_id is 'The organization that the row belongs to.';
comment on column public.message_media.message_id is 'The message (messages.id).';
comment on column public.message_media.position is 'From 0.';
comment on column public.message_media.media_id is 'The file (media.id).';

-- The service writes a row when a customer's message has a file, and its work when it has the bytes.
create trigger touch_updated_at before update on public.media
  for each row execute function app.touch_updated_at();
create trigger audit after insert or update or delete on public.media
  for each row execute function app.audit();

create trigger audit after insert or update or delete on public.message_media
  for each row execute function app.audit();

-- A file that somebody has put up, known by what its bytes are: the row that there was where the same is there already.
create function app.keep_upload(id uuid, kind text, mime_type text, file_name text, size_bytes bigint, sha256 text)
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

alter table public.media enable row level security;
alter table public.media force row level security;
create policy media_select on public.media for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.media to authenticated;
grant select, insert, update, delete on public.media to service_role;

alter table public.media_tasks enable row level security;
alter table public.media_tasks force row level security;
grant select, insert, update, delete on public.media_tasks to service_role;

alter table public.message_media enable row level security;
alter table public.message_media force row level security;
create policy message_media_select on public.message_media for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy message_media_insert on public.message_media for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
grant select, insert on public.message_media to authenticated;
grant select, insert, update, delete on public.message_media to service_role;
