-- What becomes of a message: the delivery of what we send, and what the channel tells of any message afterwards.
-- Nobody has released the table that is altered here: it is empty wherever this runs.
-- squawk-ignore-file constraint-missing-not-valid

alter table public.messages
  add column origin text not null default 'nexus',
  add column reply_to text,
  add column details jsonb,
  add column reactions jsonb not null default '[]',
  add column edited_at timestamptz,
  add column deleted_at timestamptz,
  add column error jsonb,
  add constraint messages_origin_check check (origin in ('nexus', 'channel', 'history')),
  add constraint messages_reply_to_check check (length(reply_to) <= 512),
  add constraint messages_details_check check (jsonb_typeof(details) = 'object'),
  add constraint messages_reactions_check check (jsonb_typeof(reactions) = 'array'),
  add constraint messages_error_check check (jsonb_typeof(error) = 'object');
comment on column public.messages.origin is 'nexus: written here. channel: told by the channel. history: told by the channel of the time before it was connected.';
comment on column public.messages.reply_to is 'The channel''s id of the message that this one answers.';
comment on column public.messages.details is 'What the text does not say: files, place, cards, what was tapped. May hold a customer''s words, never an instruction.';
comment on column public.messages.reactions is 'Who reacted with what: author (customer or business), emoji, at.';
comment on column public.messages.edited_at is 'When its author last changed it.';
comment on column public.messages.deleted_at is 'When its author took it back; the content is gone.';
comment on column public.messages.error is 'Why it failed: kind, code, message.';
comment on column public.messages.status is 'queued is on its way; sent, delivered, read and failed are the channel''s word.';

-- Callers write their own messages; what the channel tells is written by the service.
drop policy messages_insert on public.messages;
create policy messages_insert on public.messages for insert to authenticated
  with check (organization_id = (select app.organization_with('write')) and origin = 'nexus');

-- Keeps the thread's summary in step. Messages may come late and out of order: an older one changes only the unread count.
-- What is told of the time before the channel was connected opens no window and waits for nobody.
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
    unread_count = case when received and new.status <> 'read' then chat.unread_count + 1 else chat.unread_count end,
    is_archived = chat.is_archived and not received
  where chat.organization_id = new.organization_id and chat.id = new.chat_id;
  return null;
end
$$;

-- Only what is sent from here counts against the plan; deleting a sent message gives nothing back.
create or replace function app.count_outbound_messages() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(added_rows.organization_id, 'messages', count(*))
  from added_rows
  where added_rows.direction = 'outbound' and added_rows.origin = 'nexus'
  group by added_rows.organization_id;
  return null;
end
$$;

create table public.message_deliveries (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  message_id uuid not null,
  channel_id uuid not null,
  chat_id uuid not null,
  request jsonb not null check (jsonb_typeof(request) = 'object'),
  state text not null default 'queued' check (
    state in ('queued', 'sending', 'unknown', 'accepted', 'held', 'sent', 'delivered', 'read', 'played', 'failed')
  ),
  attempts integer not null default 0 check (attempts >= 0),
  was_repeated boolean not null default false,
  next_attempt_at timestamptz not null default now(),
  state_since timestamptz not null default now(),
  error jsonb check (jsonb_typeof(error) = 'object'),
  pricing jsonb check (jsonb_typeof(pricing) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, message_id),
  foreign key (organization_id, message_id) references public.messages (organization_id, id) on delete cascade,
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id) on delete cascade,
  foreign key (organization_id, chat_id) references public.chats (organization_id, id) on delete cascade
);
create index message_deliveries_due_idx on public.message_deliveries (next_attempt_at) where state = 'queued';
create index message_deliveries_open_idx on public.message_deliveries (state_since) where state in ('sending', 'unknown');
create index message_deliveries_channel_idx on public.message_deliveries (organization_id, channel_id, created_at desc);
create index message_deliveries_chat_idx on public.message_deliveries (organization_id, chat_id, created_at);
create index message_deliveries_list_idx on public.message_deliveries (organization_id, created_at desc, message_id desc);
comment on table public.message_deliveries is 'The way of each message that is sent from here, and what it cost.';
comment on column public.message_deliveries.organization_id is 'The organization that the row belongs to.';
comment on column public.message_deliveries.message_id is 'The message (messages.id); Meta gets it along and names it in every status.';
comment on column public.message_deliveries.channel_id is 'The number or page that sends it (channel_accounts.id).';
comment on column public.message_deliveries.chat_id is 'The conversation (chats.id), in which messages go out one after the other.';
comment on column public.message_deliveries.request is 'What is sent: content, reply_to, human_agent.';
comment on column public.message_deliveries.state is 'queued, sending, accepted or held by Meta, then Meta''s word. unknown: nobody saw whether it went out; Meta''s status decides.';
comment on column public.message_deliveries.attempts is 'How often it was handed to Meta.';
comment on column public.message_deliveries.was_repeated is 'Whether it was sent a second time because nothing was heard of the first.';
comment on column public.message_deliveries.next_attempt_at is 'While queued: not before.';
comment on column public.message_deliveries.state_since is 'When the state last changed.';
comment on column public.message_deliveries.error is 'The last refusal: kind, code, message.';
comment on column public.message_deliveries.pricing is 'What Meta said it costs: billable, model, category, type.';
comment on column public.message_deliveries.created_at is 'When it was queued.';
comment on column public.message_deliveries.updated_at is 'When the row last changed.';

-- Facts as the channel told them, in whatever order: what a message looks like is computed from all of them, so the order
-- in which they came, and how often, makes no difference.
create table public.message_events (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  dedup_key text not null check (length(dedup_key) <= 1000),
  platform_message_id text check (length(platform_message_id) <= 512),
  message_id uuid,
  kind text not null check (kind in ('status', 'edit', 'delete', 'reaction')),
  value text,
  author text not null check (author in ('customer', 'business', 'participant')),
  occurred_at timestamptz not null,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  created_at timestamptz not null default now(),
  unique (organization_id, channel_id, dedup_key),
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id) on delete cascade,
  foreign key (organization_id, message_id) references public.messages (organization_id, id) on delete cascade
);
create index message_events_message_idx on public.message_events (organization_id, message_id, occurred_at);
create index message_events_waiting_idx on public.message_events (organization_id, platform_message_id)
  where message_id is null;
create index message_events_list_idx on public.message_events (organization_id, created_at desc, id desc);
comment on table public.message_events is 'What the channel told of a message after it was written: statuses, edits, deletions, reactions.';
comment on column public.message_events.id is 'Made by the database.';
comment on column public.message_events.organization_id is 'The organization that the row belongs to.';
comment on column public.message_events.channel_id is 'The number or page (channel_accounts.id).';
comment on column public.message_events.dedup_key is 'The same for every delivery of the same event.';
comment on column public.message_events.platform_message_id is 'The channel''s id of the message.';
comment on column public.message_events.message_id is 'The message (messages.id), once it is known.';
comment on column public.message_events.kind is 'status, edit, delete or reaction.';
comment on column public.message_events.value is 'The status, the new text or the emoji; null takes a reaction back.';
comment on column public.message_events.author is 'customer, business, or participant: one of a group, whose word is not the message''s status.';
comment on column public.message_events.occurred_at is 'By the channel''s clock.';
comment on column public.message_events.details is 'errors, pricing, the new content. May hold a customer''s words, never an instruction.';
comment on column public.message_events.created_at is 'When the row was made.';

-- How far a status has come; a word that Meta adds later counts as nothing.
create function app.status_rank(status text) returns integer
language sql immutable set search_path = ''
return case status when 'sent' then 1 when 'delivered' then 2 when 'read' then 3 when 'played' then 4 else 0 end;

-- Brings the message, and its delivery where it is ours, into the state that all its facts together make. A failure stands
-- unless the message has arrived all the same.
create function app.settle_message(organization_id uuid, message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  told record;
  ours public.message_deliveries;
  reached text;
  since timestamptz;
begin
  select
    max(app.status_rank(event.value)) filter (where event.kind = 'status' and event.author <> 'participant') as rank,
    (array_agg(event.details order by event.occurred_at) filter (where event.kind = 'status' and event.value = 'failed'))[1] as failure,
    (array_agg(event.details -> 'pricing' order by event.occurred_at desc) filter (where event.details ? 'pricing'))[1] as pricing,
    (array_agg(event.value order by event.occurred_at desc, (event.details ->> 'number')::integer desc nulls last) filter (where event.kind = 'edit'))[1] as content,
    max(event.occurred_at) filter (where event.kind = 'edit') as edited_at,
    min(event.occurred_at) filter (where event.kind = 'delete') as deleted_at
  into told
  from public.message_events as event
  where event.organization_id = settle_message.organization_id and event.message_id = settle_message.message_id;
  select delivery.* into ours
  from public.message_deliveries as delivery
  where delivery.organization_id = settle_message.organization_id and delivery.message_id = settle_message.message_id
  for update;
  since := coalesce(ours.state_since, now());
  select greatest(
    coalesce(told.rank, 0),
    case when message.platform_message_id is not null and message.timestamp <= chat.read_until then 3
      when message.platform_message_id is not null and message.timestamp <= chat.delivered_until then 2 else 0 end
  ) into told.rank
  from public.messages as message
  join public.chats as chat on chat.organization_id = message.organization_id and chat.id = message.chat_id
  where message.organization_id = settle_message.organization_id and message.id = settle_message.message_id
    and message.direction = 'outbound';
  reached := case
    when told.rank >= 2 then (array['sent', 'delivered', 'read', 'played'])[told.rank]
    when told.failure is not null then 'failed'
    when told.rank = 1 then 'sent'
  end;
  if ours.message_id is not null then
    update public.message_deliveries as delivery
    set
      state = coalesce(reached, delivery.state),
      state_since = case when reached is distinct from delivery.state and reached is not null then now() else delivery.state_since end,
      error = case when reached = 'failed' then coalesce(told.failure -> 'error', delivery.error) else delivery.error end,
      pricing = coalesce(told.pricing, delivery.pricing)
    where delivery.organization_id = settle_message.organization_id and delivery.message_id = settle_message.message_id
      and (reached is distinct from delivery.state or told.pricing is distinct from delivery.pricing);
  end if;
  update public.messages as message
  set
    status = coalesce(case reached when 'played' then 'read' else reached end, message.status),
    error = case when reached = 'failed' then told.failure -> 'error' when reached is null then message.error end,
    content = case when told.deleted_at is not null then null else coalesce(told.content, message.content) end,
    details = case when told.deleted_at is null then message.details end,
    media_url = case when told.deleted_at is null then message.media_url end,
    edited_at = told.edited_at,
    deleted_at = told.deleted_at,
    reactions = (
      select coalesce(jsonb_agg(jsonb_build_object('author', latest.author, 'emoji', latest.value, 'at', latest.occurred_at)
        order by latest.occurred_at, latest.person), '[]')
      from (
        select distinct on (event.author, event.details ->> 'person')
          event.author, event.value, event.occurred_at, event.details ->> 'person' as person
        from public.message_events as event
        where event.organization_id = settle_message.organization_id
          and event.message_id = settle_message.message_id and event.kind = 'reaction'
        order by event.author, event.details ->> 'person', event.occurred_at desc, event.value is null
      ) as latest
      where latest.value is not null
    )
  where message.organization_id = settle_message.organization_id and message.id = settle_message.message_id;
end
$$;

-- Gives a message the channel's id of it, and with the id the facts that came before. False where another message has it.
create function app.name_message(organization_id uuid, message_id uuid, platform_message_id text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Everybody locks the delivery before the message.
  perform from public.message_deliveries as delivery
  where delivery.organization_id = name_message.organization_id and delivery.message_id = name_message.message_id
  for update;
  -- An echo that came before the answer to our sending, without our own id in it, stands there as a message of its own.
  update public.message_events as event
  set message_id = name_message.message_id
  from public.messages as echo
  where echo.organization_id = name_message.organization_id
    and echo.platform_message_id = name_message.platform_message_id and echo.id <> name_message.message_id
    and echo.direction = 'outbound' and echo.origin = 'channel'
    and event.organization_id = echo.organization_id and event.message_id = echo.id;
  delete from public.messages as echo
  where echo.organization_id = name_message.organization_id
    and echo.platform_message_id = name_message.platform_message_id and echo.id <> name_message.message_id
    and echo.direction = 'outbound' and echo.origin = 'channel';
  update public.messages as message
  set platform_message_id = name_message.platform_message_id
  where message.organization_id = name_message.organization_id and message.id = name_message.message_id
    and message.platform_message_id is null
    and not exists (
      select from public.messages as other
      where other.organization_id = name_message.organization_id
        and other.platform_message_id = name_message.platform_message_id
    );
  update public.message_events as event
  set message_id = name_message.message_id
  where event.organization_id = name_message.organization_id
    and event.platform_message_id = name_message.platform_message_id and event.message_id is null;
  perform app.settle_message(name_message.organization_id, name_message.message_id);
  return exists (
    select from public.messages as message
    where message.organization_id = name_message.organization_id and message.id = name_message.message_id
      and message.platform_message_id = name_message.platform_message_id
  );
end
$$;
grant execute on function app.name_message to service_role;

-- Writes one message as the channel told it, in its person's conversation, once. `message`: platform_message_id, direction,
-- message_type, content, details, media_type, timestamp, origin, reply_to, referral, status, and message_id where an echo
-- names a message of ours.
create function app.receive_message(channel_id uuid, person jsonb, phone text, message jsonb)
returns table (message_id uuid, chat_id uuid, is_new boolean)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account where account.id = receive_message.channel_id);
  given record;
  ours uuid;
begin
  select told.* into given
  from jsonb_to_record(message) as told (
    platform_message_id text, direction text, message_type text, content text, details jsonb, media_type text,
    "timestamp" timestamptz, origin text, reply_to text, referral jsonb, status text, message_id uuid
  );
  chat_id := app.conversation_with(receive_message.channel_id, person, phone, given.timestamp);
  -- Our own message coming back, before or after the answer to its sending.
  select sent.message_id into ours
  from public.message_deliveries as sent
  where sent.organization_id = organization and sent.message_id = given.message_id;
  if ours is not null and app.name_message(organization, ours, given.platform_message_id) then
    message_id := ours;
    is_new := false;
    return next;
    return;
  end if;
  insert into public.messages
    (organization_id, chat_id, content, message_type, direction, status, sender_type, sender_id, platform_message_id,
     media_type, timestamp, origin, reply_to, details)
  select
    organization, receive_message.chat_id, left(given.content, 65536), given.message_type::public.message_type, given.direction,
    coalesce(given.status, 'delivered'), case given.direction when 'inbound' then 'customer' else 'agent' end,
    case given.direction when 'inbound' then chat.customer_id end,
    given.platform_message_id, given.media_type, given.timestamp, given.origin, given.reply_to, given.details
  from public.chats as chat
  where chat.organization_id = organization and chat.id = receive_message.chat_id
  on conflict (organization_id, platform_message_id) where platform_message_id is not null do nothing
  returning id into message_id;
  is_new := message_id is not null;
  if not is_new then
    select known.id, known.chat_id into message_id, chat_id
    from public.messages as known
    where known.organization_id = organization and known.platform_message_id = given.platform_message_id;
    return next;
    return;
  end if;
  update public.message_events as event
  set message_id = receive_message.message_id
  where event.organization_id = organization and event.platform_message_id = given.platform_message_id
    and event.message_id is null;
  if found then
    perform app.settle_message(organization, receive_message.message_id);
  end if;
  if given.direction = 'inbound' and given.origin = 'channel' then
    update public.chats as chat
    set
      contact_name = coalesce(left(nullif(person ->> 'name', ''), 200), chat.contact_name),
      referral = coalesce(given.referral, chat.referral),
      entry_point_at = case when given.referral is null then chat.entry_point_at
        else greatest(chat.entry_point_at, given.timestamp) end
    where chat.organization_id = organization and chat.id = receive_message.chat_id
      and (chat.contact_name is distinct from left(nullif(person ->> 'name', ''), 200) or given.referral is not null);
    insert into public.outbox (organization_id, topic, payload, request_id)
    values (
      organization, 'messages.received',
      jsonb_build_object('message_id', receive_message.message_id, 'chat_id', receive_message.chat_id), app.request_id()
    );
  end if;
  return next;
end
$$;
grant execute on function app.receive_message to service_role;

-- Writes one fact of a message, once, and settles the message if it is there; null where there was nothing to settle. `event`: dedup_key, platform_message_id,
-- message_id where the provider gave our own back, kind, value, author, occurred_at, details.
create function app.record_message_event(channel_id uuid, event jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account where account.id = record_message_event.channel_id);
  given record;
  subject uuid;
begin
  select told.* into given
  from jsonb_to_record(record_message_event.event) as told (
    dedup_key text, platform_message_id text, message_id uuid, kind text, value text, author text,
    occurred_at timestamptz, details jsonb
  );
  select message.id into subject
  from public.messages as message
  where message.organization_id = organization and message.platform_message_id = given.platform_message_id;
  if subject is null then
    select delivery.message_id into subject
    from public.message_deliveries as delivery
    where delivery.organization_id = organization and delivery.message_id = given.message_id;
  end if;
  insert into public.message_events
    (organization_id, channel_id, dedup_key, platform_message_id, message_id, kind, value, author, occurred_at, details)
  values (
    organization, record_message_event.channel_id, given.dedup_key, given.platform_message_id, subject, given.kind,
    given.value, given.author, given.occurred_at, coalesce(given.details, '{}')
  )
  on conflict on constraint message_events_organization_id_channel_id_dedup_key_key do nothing;
  if not found or subject is null then
    return null;
  end if;
  perform app.name_message(organization, subject, given.platform_message_id);
  return subject;
end
$$;
grant execute on function app.record_message_event to service_role;

-- Messenger tells until when messages were delivered or read, not which.
create function app.record_watermark(channel_id uuid, chat_id uuid, status text, until timestamptz) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account where account.id = record_watermark.channel_id);
begin
  update public.chats as chat
  set
    delivered_until = greatest(chat.delivered_until, record_watermark.until),
    read_until = case record_watermark.status when 'read' then greatest(chat.read_until, record_watermark.until)
      else chat.read_until end
  where chat.organization_id = organization and chat.id = record_watermark.chat_id;
  perform app.settle_message(organization, message.id)
  from public.messages as message
  where message.organization_id = organization and message.chat_id = record_watermark.chat_id
    and message.direction = 'outbound' and message.platform_message_id is not null
    and message.timestamp <= record_watermark.until and message.status in ('queued', 'sent', 'delivered');
end
$$;
grant execute on function app.record_watermark to service_role;

-- The intent: a message of the caller's own organization begins its way. Its unit of the plan was taken by the message.
create function app.queue_delivery(message_id uuid, request jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.message_deliveries (organization_id, message_id, channel_id, chat_id, request)
  select message.organization_id, message.id, chat.channel_id, chat.id, queue_delivery.request
  from public.messages as message
  join public.chats as chat on chat.organization_id = message.organization_id and chat.id = message.chat_id
  where message.id = queue_delivery.message_id and message.organization_id = app.organization_with('write')
    and message.direction = 'outbound' and message.origin = 'nexus' and chat.channel_id is not null;
  if not found then
    perform app.refuse(404, 'not_found', 'no such message in this organization: check the id');
  end if;
end
$$;
grant execute on function app.queue_delivery to authenticated;

-- A message that failed gives its unit back to the month it was taken from, and takes it again if it arrived all the same.
-- At the transaction's end, so that a counter is never held while a conversation is waited for.
create function app.keep_message_usage() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  change bigint := case when new.state = 'failed' then -1 else 1 end;
begin
  update public.usage_counters as counter
  set used = greatest(counter.used + change, 0), updated_at = now()
  from public.organizations as organization
  where organization.id = new.organization_id and counter.organization_id = new.organization_id
    and counter.resource = 'messages'
    and counter.period in ('total', to_char(new.created_at at time zone organization.timezone, 'YYYY-MM'));
  return null;
end
$$;
create constraint trigger keep_message_usage after update of state on public.message_deliveries
  deferrable initially deferred
  for each row when ((old.state = 'failed') is distinct from (new.state = 'failed'))
  execute function app.keep_message_usage();

create trigger touch_updated_at before update on public.message_deliveries
  for each row execute function app.touch_updated_at();

alter table public.message_deliveries enable row level security;
alter table public.message_deliveries force row level security;
create policy message_deliveries_select on public.message_deliveries for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.message_deliveries to authenticated;
grant select, insert, update, delete on public.message_deliveries to service_role;

alter table public.message_events enable row level security;
alter table public.message_events force row level security;
create policy message_events_select on public.message_events for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.message_events to authenticated;
grant select, insert, update, delete on public.message_events to service_role;
