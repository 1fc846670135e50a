-- Work that cannot be read or done is set aside alone: what stands behind it goes on. Each piece is counted, shown to its
-- organization, and tried again after pauses that grow to a day, or when somebody says so.

create table public.set_aside (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  queue text not null check (queue in ('webhooks', 'messages', 'files', 'names', 'tokens')),
  subject text not null check (length(subject) between 1 and 700),
  error_code text not null check (length(error_code) between 1 and 60),
  fault text check (length(fault) <= 1000),
  inbox_id bigint references public.webhook_inbox (id) on delete cascade,
  attempts integer not null default 1 check (attempts >= 1),
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint next_attempt_at_is_between_1900_and_2200
    check (next_attempt_at >= '1900-01-01 00:00+00' and next_attempt_at < '2201-01-01 00:00+00'),
  constraint created_at_is_between_1900_and_2200
    check (created_at >= '1900-01-01 00:00+00' and created_at < '2201-01-01 00:00+00'),
  constraint updated_at_is_between_1900_and_2200
    check (updated_at >= '1900-01-01 00:00+00' and updated_at < '2201-01-01 00:00+00'),
  constraint set_aside_subject_key unique (organization_id, queue, subject)
);
create index set_aside_due_idx on public.set_aside (next_attempt_at) where queue = 'webhooks' and next_attempt_at is not null;
create index set_aside_inbox_idx on public.set_aside (inbox_id);
create index set_aside_list_idx on public.set_aside (organization_id, created_at desc, id desc);
create index set_aside_created_idx on public.set_aside (created_at);
comment on table public.set_aside is 'Work of the organization that could not be read or done, and will be tried again: nothing else waits for it.';
comment on column public.set_aside.id is 'Made by the database.';
comment on column public.set_aside.organization_id is 'The organization that the row belongs to.';
comment on column public.set_aside.queue is 'webhooks: an event of a channel. messages: one to send. files: one to fetch. names: of a person. tokens: of a channel.';
comment on column public.set_aside.subject is 'Which one: the message, file or channel id; of an event its channel and its key there.';
comment on column public.set_aside.error_code is 'What was in the way.';
comment on column public.set_aside.fault is 'The same in the words of the program, for the operator.';
comment on column public.set_aside.inbox_id is 'The webhook body that holds it (webhook_inbox.id).';
comment on column public.set_aside.attempts is 'How often it was tried.';
comment on column public.set_aside.next_attempt_at is 'When it is tried again; null: not by itself.';
comment on column public.set_aside.created_at is 'When it was set aside.';
comment on column public.set_aside.updated_at is 'When it was last tried.';
alter table public.set_aside enable row level security;
alter table public.set_aside force row level security;
create policy set_aside_select on public.set_aside for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select (
  id, organization_id, queue, subject, error_code, attempts, next_attempt_at, created_at, updated_at
) on public.set_aside to authenticated;
grant select, insert, update, delete on public.set_aside to service_role;

-- A body is counted as tried when it is taken, before it is read: one that ends the process does not come first forever.
comment on column public.webhook_inbox.attempts is 'How often it was taken to be read.';
comment on column public.webhook_inbox.available_at is 'While it is being read: when another worker takes it over. One that cannot be read is tried after growing pauses.';
-- squawk-ignore require-concurrent-index-creation
create index webhook_inbox_again_idx on public.webhook_inbox (available_at) where processed_at is null and attempts > 0;
-- squawk-ignore require-concurrent-index-creation
create index webhook_inbox_fresh_idx on public.webhook_inbox (source, id) where processed_at is null and attempts = 0;

-- Lets what was set aside be tried again now: of one organization, of one queue, or all, bodies that nobody could read
-- among them. How many pieces.
create function app.retry_set_aside(organization uuid, queue text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  chosen record;
  tried bigint := 0;
  unread bigint := 0;
begin
  for chosen in
    select aside.*
    from public.set_aside as aside
    where (retry_set_aside.organization is null or aside.organization_id = retry_set_aside.organization)
      and (retry_set_aside.queue is null or aside.queue = retry_set_aside.queue)
    for update
  loop
    tried := tried + 1;
    update public.set_aside as aside set next_attempt_at = now() where aside.id = chosen.id;
    case chosen.queue
      when 'messages' then
        update public.message_deliveries as delivery
        set state = 'queued', state_since = now(), attempts = 0, next_attempt_at = now(), error = null
        where delivery.organization_id = chosen.organization_id and delivery.message_id = chosen.subject::uuid
          and delivery.state = 'failed';
        update public.messages as message
        set status = 'queued', error = null
        where message.organization_id = chosen.organization_id and message.id = chosen.subject::uuid
          and message.status = 'failed';
        update public.set_aside as aside set next_attempt_at = null where aside.id = chosen.id;
      when 'files' then
        update public.media_tasks as task
        set available_at = now()
        where task.organization_id = chosen.organization_id and task.media_id = chosen.subject::uuid;
      when 'names' then
        update public.channel_identities as identity
        set profile_due_at = now(), profile_attempts = 0
        where identity.organization_id = chosen.organization_id and identity.kind = 'scoped_id'
          and identity.channel_id = split_part(chosen.subject, ':', 1)::uuid
          and identity.value = substr(chosen.subject, strpos(chosen.subject, ':') + 1);
      when 'tokens' then
        update public.channel_accounts as account
        set token_due_at = now()
        where account.organization_id = chosen.organization_id and account.id = chosen.subject::uuid;
      else
        null;
    end case;
  end loop;
  if retry_set_aside.organization is null and coalesce(retry_set_aside.queue, 'webhooks') = 'webhooks' then
    update public.webhook_inbox as body
    set available_at = now()
    where body.processed_at is null and body.last_error is not null;
    get diagnostics unread = row_count;
  end if;
  return tried + unread;
end
$$;
grant execute on function app.retry_set_aside to service_role;
