-- Work that waits: written in the transaction that wants it done, claimed by a worker with FOR UPDATE SKIP LOCKED.

create table public.outbox (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  topic text not null check (topic ~ '^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$'),
  payload jsonb not null,
  attempts integer not null default 0,
  available_at timestamptz not null default now(),
  done_at timestamptz,
  last_error text,
  request_id text,
  created_at timestamptz not null default now()
);
create index outbox_waiting_idx on public.outbox (topic, available_at) where done_at is null;
create index outbox_organization_idx on public.outbox (organization_id, created_at desc, id desc);
comment on table public.outbox is 'Work that waits for a worker. Reached through functions only.';
alter table public.outbox enable row level security;
alter table public.outbox force row level security;
grant select, insert, update, delete on public.outbox to service_role;

create function app.enqueue(topic text, payload jsonb) returns uuid
language sql volatile security definer set search_path = '' as $$
  insert into public.outbox (organization_id, topic, payload, request_id)
  values (app.organization_with('write'), enqueue.topic, enqueue.payload, app.request_id())
  returning id
$$;
grant execute on function app.enqueue to authenticated;
