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

-- Keeps the thread's summary in step. Messages may come late and out of order: an older one changes only the unread count,
-- which stops at the most that its column holds. What is told of the time before the channel was connected opens no
-- window and waits for nobody.
create or replace function app.show_message_in_chat() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  received boolean := new.direction = 'inbound' and new.origin <> 'history';
begin
  update public.chats as chat
  set
    last_message = case
      when chat.last_message is null or new.timestamp >= chat.last_message_time
        then left(coalesce(nullif(new.content, ''), '[' || new.message_type::text || ']'), 500)
      else chat.last_message
    end,
    last_message_time = case
      when chat.last_message is null or new.timestamp >= chat.last_message_time then new.timestamp
      else chat.last_message_time
    end,
    last_inbound_at = case when received then greatest(chat.last_inbound_at, new.timestamp) else chat.last_inbound_at end,
    unreachable_count = case when received then 0 else chat.unreachable_count end,
    unread_count = case when received and new.status <> 'read'
      then least(chat.unread_count::bigint + 1, 2147483647)::integer else chat.unread_count end,
    is_archived = chat.is_archived and not received
  where chat.organization_id = new.organization_id and chat.id = new.chat_id;
  return null;
end
$$;

-- Makes one conversation of two that prove to be with one person; the emptied one stays as a sign-post.
create or replace function app.merge_chats(organization_id uuid, kept uuid, gone uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost public.chats;
  survivor uuid;
begin
  select chat.* into lost
  from public.chats as chat
  where chat.organization_id = merge_chats.organization_id and chat.id = gone
  for update;
  if lost.id is null or lost.merged_into is not null then
    return;
  end if;
  select chat.customer_id into survivor
  from public.chats as chat
  where chat.organization_id = merge_chats.organization_id and chat.id = kept
  for update;
  update public.messages as message
  set chat_id = kept
  where message.organization_id = merge_chats.organization_id and message.chat_id = gone;
  update public.message_deliveries as delivery
  set chat_id = kept
  where delivery.organization_id = merge_chats.organization_id and delivery.chat_id = gone;
  update public.channel_identities as identity
  set chat_id = kept
  where identity.organization_id = merge_chats.organization_id and identity.chat_id = gone;
  update public.chats as chat
  set
    merged_into = kept, is_archived = true, unread_count = 0, customer_id = null, platform_chat_id = 'merged ' || gone::text
  where chat.organization_id = merge_chats.organization_id and chat.id = gone;
  update public.chats as chat
  set
    customer_id = coalesce(chat.customer_id, lost.customer_id),
    contact_name = coalesce(chat.contact_name, lost.contact_name),
    contact_phone = coalesce(chat.contact_phone, lost.contact_phone),
    last_message = case when chat.last_message is null or lost.last_message_time > chat.last_message_time
      then coalesce(lost.last_message, chat.last_message) else chat.last_message end,
    last_message_time = greatest(chat.last_message_time, lost.last_message_time),
    last_inbound_at = greatest(chat.last_inbound_at, lost.last_inbound_at),
    entry_point_at = greatest(chat.entry_point_at, lost.entry_point_at),
    referral = coalesce(chat.referral, lost.referral),
    marketing_stopped_at = coalesce(chat.marketing_stopped_at, lost.marketing_stopped_at),
    unread_count = least(chat.unread_count::bigint + lost.unread_count, 2147483647)::integer,
    is_archived = chat.is_archived and lost.is_archived,
    assigned_to = coalesce(chat.assigned_to, lost.assigned_to)
  where chat.organization_id = merge_chats.organization_id and chat.id = kept;
  perform app.record_event(
    merge_chats.organization_id, 'chats.merge', 'chats', kept, jsonb_build_object('merged', gone)
  );
  if survivor is not null and lost.customer_id is not null then
    perform app.merge_contacts(merge_chats.organization_id, survivor, lost.customer_id);
  end if;
end
$$;
