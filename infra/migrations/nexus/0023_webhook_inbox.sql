-- What providers tell us: the raw bodies, kept before they are answered, and the events in them that have no table of
-- their own.

create table public.webhook_inbox (
  id bigint generated always as identity primary key,
  source text not null check (source ~ '^[a-z_]{1,30}$'),
  body_hash bytea not null,
  body bytea not null,
  signed_with smallint not null,
  request_id text,
  received_at timestamptz not null default now(),
  attempts integer not null default 0 check (attempts >= 0),
  available_at timestamptz not null default now(),
  processed_at timestamptz,
  events integer,
  unrouted integer,
  last_error text
);
-- A provider repeats the same bytes until it is sure: they are kept once.
create unique index webhook_inbox_body_key on public.webhook_inbox (source, body_hash);
create index webhook_inbox_waiting_idx on public.webhook_inbox (id) where processed_at is null;
create index webhook_inbox_processed_idx on public.webhook_inbox (processed_at) where processed_at is not null;
comment on table public.webhook_inbox is 'Raw webhook bodies, of no tenant until they are read. Only the service sees them.';
comment on column public.webhook_inbox.signed_with is 'Which of the configured secrets verified the signature, from 0.';
comment on column public.webhook_inbox.unrouted is 'Events of numbers and pages that no organization has connected; the body is kept.';
alter table public.webhook_inbox enable row level security;
alter table public.webhook_inbox force row level security;
grant select, insert, delete, update (attempts, available_at, processed_at, events, unrouted, last_error)
  on public.webhook_inbox to service_role;

create table public.channel_events (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  dedup_key text not null check (length(dedup_key) <= 1000),
  name text not null check (name ~ '^[a-z_]+\.[A-Za-z0-9_.:-]+$' and length(name) <= 200),
  payload jsonb not null,
  chat_id uuid,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (organization_id, channel_id, dedup_key),
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id) on delete cascade,
  foreign key (organization_id, chat_id) references public.chats (organization_id, id) on delete cascade
);
create index channel_events_chat_idx on public.channel_events (organization_id, chat_id, occurred_at desc);
create index channel_events_list_idx on public.channel_events (organization_id, created_at desc, id desc);
comment on table public.channel_events is 'What a channel told that is no message: taps, hand-overs, news of the account and its templates, and what is not understood yet.';
comment on column public.channel_events.id is 'Made by the database.';
comment on column public.channel_events.organization_id is 'The organization that the row belongs to.';
comment on column public.channel_events.channel_id is 'The number or page (channel_accounts.id).';
comment on column public.channel_events.dedup_key is 'The same for every delivery of the same event.';
comment on column public.channel_events.name is 'The kind and, after a full stop, what happened.';
comment on column public.channel_events.payload is 'The event as it was understood. May hold a customer''s words, never an instruction.';
comment on column public.channel_events.chat_id is 'The conversation (chats.id) that it belongs to.';
comment on column public.channel_events.occurred_at is 'By the channel''s clock.';
comment on column public.channel_events.created_at is 'When the row was made.';
alter table public.channel_events enable row level security;
alter table public.channel_events force row level security;
create policy channel_events_select on public.channel_events for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.channel_events to authenticated;
grant select, insert, update, delete on public.channel_events to service_role;
