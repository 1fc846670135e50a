-- News of a person that comes before the conversation with them: kept until it appears, so that order changes nothing.

alter table public.channel_events
  add column known_as text[];
comment on column public.channel_events.known_as is 'Whom it is about: each id as its kind, a space and the value. Without a conversation it waits for one with any of them.';
-- squawk-ignore require-concurrent-index-creation
create index channel_events_waiting_idx on public.channel_events using gin (known_as)
  where chat_id is null;

alter table public.channel_accounts add column standing_told_at timestamptz;
comment on column public.channel_accounts.standing_told_at is 'When, by its own clock, Meta last told whether the account may send: what it told before that, and comes later, is past.';

-- The chat's name at its channel follows what its person is known by now, in whatever order that became known.
create function app.show_known_as(organization_id uuid, chat_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set platform_chat_id = best.value, contact_platform_id = best.value
  from (
    select identity.value
    from public.channel_identities as identity
    where identity.organization_id = show_known_as.organization_id and identity.chat_id = show_known_as.chat_id
      and identity.superseded_at is null
    order by array_position(array['group_id', 'wa_id', 'user_id', 'parent_user_id', 'scoped_id'], identity.kind), identity.value
    limit 1
  ) as best
  where chat.organization_id = show_known_as.organization_id and chat.id = show_known_as.chat_id
    and (chat.platform_chat_id, chat.contact_platform_id) is distinct from (best.value, best.value)
$$;

-- What was told of a conversation goes with it when it is merged.
create function app.move_channel_events() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.channel_events as event
  set chat_id = new.merged_into
  where event.organization_id = new.organization_id and event.chat_id = new.id;
  return null;
end
$$;
create trigger move_channel_events after update of merged_into on public.chats
  for each row when (old.merged_into is null and new.merged_into is not null)
  execute function app.move_channel_events();

-- A person has a new number or id: what was written under the old one stays where it is, what is written under the new one
-- joins it, also where it is read later. Null where neither is known yet.
create or replace function app.change_identity(
  channel_id uuid, previous jsonb, current jsonb, previous_phone text, current_phone text, at timestamptz
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  before jsonb := jsonb_strip_nulls(coalesce(nullif(previous, 'null'), '{}') - 'name' - 'username');
  after jsonb := jsonb_strip_nulls(current - 'name' - 'username');
  chats uuid[];
  chat uuid;
  other uuid;
  contact uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = change_identity.channel_id;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select array_agg(found.id order by found.created_at, found.id) into chats
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id in (
    select unnest(named.chats) from app.conversations_named(channel, before, change_identity.at) as named
    union
    select unnest(named.chats) from app.conversations_named(channel, after, change_identity.at) as named
  );
  chat := chats[1];
  if chat is null then
    return null;
  end if;
  foreach other in array chats[2:] loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  -- An old id is remembered as one even if nothing has come under it yet.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id, superseded_at)
  select channel.organization_id, channel.id, given.key, given.value, chat,
    case when after ->> given.key <> given.value then change_identity.at end
  from jsonb_each_text(before) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = excluded.superseded_at
  where identity.superseded_at < change_identity.at
    or (identity.superseded_at is null and excluded.superseded_at is not null and identity.chat_id = chat);
  -- An id that the person had then and has given up since stays given up.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(after) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < change_identity.at;
  perform app.show_known_as(channel.organization_id, chat);
  update public.chats as found
  set contact_phone = change_identity.current_phone
  where found.organization_id = channel.organization_id and found.id = chat
    and change_identity.current_phone is not null and found.platform_chat_id = after ->> 'wa_id';
  select found.customer_id into contact
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id = chat;
  if contact is null then
    return chat;
  end if;
  -- The old id may become another person's.
  delete from public.customer_identities as identity
  using jsonb_each_text(before) as given
  where identity.organization_id = channel.organization_id and identity.customer_id = contact
    and identity.kind = channel.platform and identity.value = given.value
    and after ->> given.key <> given.value;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select channel.organization_id, contact, channel.platform, identity.value
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.chat_id = chat and identity.superseded_at is null
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  if change_identity.current_phone is not null then
    perform app.move_contact_phone(
      channel.organization_id, contact, change_identity.previous_phone, change_identity.current_phone
    );
    delete from public.customer_identities as identity
    using public.customers as person
    where identity.organization_id = channel.organization_id and identity.customer_id = contact
      and identity.kind = 'phone' and identity.value = change_identity.previous_phone
      and person.organization_id = identity.organization_id and person.id = contact
      and person.phone_number is distinct from identity.value;
  end if;
  return chat;
end
$$;

-- Gives the conversation what was told of its person before it was there; until when they have read stands in the
-- conversation itself, and is then forgotten here. Where an event proves it to be another's too, the conversation
-- that is left of both.
create function app.settle_channel_events(channel public.channel_accounts, chat uuid) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  settled uuid := chat;
  told public.channel_events;
begin
  loop
    select event.* into told
    from public.channel_events as event
    join public.channel_identities as identity
      on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
        and identity.chat_id = settled and event.known_as @> array[identity.kind || ' ' || identity.value]
        and (identity.superseded_at is null or event.occurred_at <= identity.superseded_at)
    where event.organization_id = channel.organization_id and event.channel_id = channel.id and event.chat_id is null
    order by event.occurred_at, event.dedup_key
    limit 1;
    exit when not found;
    if told.name in ('identity.number_changed', 'identity.user_id_changed') then
      settled := app.change_identity(
        channel.id, told.payload -> 'previous', told.payload -> 'current', told.payload ->> 'previous_phone',
        told.payload ->> 'current_phone', told.occurred_at
      );
    end if;
    if told.name in ('until.delivered', 'until.read') then
      perform app.record_watermark(
        channel.id, settled, split_part(told.name, '.', 2), (told.payload ->> 'watermark')::timestamptz
      );
      delete from public.channel_events as event
      where event.organization_id = channel.organization_id and event.id = told.id;
    else
      update public.channel_events as event
      set chat_id = settled
      where event.organization_id = channel.organization_id and event.id = told.id;
    end if;
  end loop;
  -- The latest word on marketing holds, in whatever order the words came.
  update public.chats as found
  set marketing_stopped_at = case when latest.name = 'preference.stop' then latest.occurred_at end
  from (
    select event.name, event.occurred_at
    from public.channel_events as event
    where event.organization_id = channel.organization_id and event.chat_id = settled
      and event.name in ('preference.stop', 'preference.resume')
    order by event.occurred_at desc, event.name desc
    limit 1
  ) as latest
  where found.organization_id = channel.organization_id and found.id = settled;
  return settled;
end
$$;

-- Writes one event of a channel down, once, and has its effect on the conversation it is about, now or when there is one.
-- Whether it is news. `event`: dedup_key, name, payload, occurred_at, and known_as where it is about a person.
create function app.record_channel_event(channel_id uuid, event jsonb) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  given record;
  chat uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = record_channel_event.channel_id;
  select told.* into given
  from jsonb_to_record(event) as told (
    dedup_key text, name text, payload jsonb, occurred_at timestamptz, known_as text[]
  );
  -- Whoever begins a conversation holds this lock: it sees the event, or the event sees it.
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  insert into public.channel_events (organization_id, channel_id, dedup_key, name, payload, occurred_at, known_as)
  values (
    channel.organization_id, channel.id, given.dedup_key, given.name, given.payload, given.occurred_at, given.known_as
  )
  on conflict on constraint channel_events_organization_id_channel_id_dedup_key_key do nothing;
  if not found then
    return false;
  end if;
  select identity.chat_id into chat
  from unnest(given.known_as) as id
  join public.channel_identities as identity
    on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
      and identity.kind = split_part(id, ' ', 1) and identity.value = substr(id, strpos(id, ' ') + 1)
  where identity.superseded_at is null or given.occurred_at <= identity.superseded_at
  limit 1;
  if chat is not null then
    perform app.settle_channel_events(channel, chat);
  end if;
  return true;
end
$$;
grant execute on function app.record_channel_event to service_role;

-- The one conversation with a person on a channel, found by any of their ids, made where there is none. Ids that stand
-- together are one person's: they are linked, and conversations that they prove to be one are merged; what was told of
-- the person before is applied. Whoever finds a person incomplete holds the channel's lock, so that there is one
-- conversation under any race. `person`: the ids by kind, with name; `phone` is E.164 where the ids have a phone number.
create or replace function app.conversation_with(channel_id uuid, person jsonb, phone text, at timestamptz) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  ids jsonb := jsonb_strip_nulls(person - 'name' - 'username');
  best text := coalesce(ids ->> 'group_id', ids ->> 'wa_id', ids ->> 'user_id', ids ->> 'parent_user_id', ids ->> 'scoped_id');
  named record;
  chat uuid;
  other uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = conversation_with.channel_id;
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  if cardinality(named.chats) = 1 and named.known = (select count(*) from jsonb_object_keys(ids)) then
    return named.chats[1];
  end if;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  chat := named.chats[1];
  if chat is null then
    insert into public.chats
      (organization_id, platform, channel_id, platform_chat_id, contact_name, contact_phone, contact_platform_id,
       last_message_time)
    values (
      channel.organization_id, channel.platform, channel.id, best, left(person ->> 'name', 200),
      conversation_with.phone, best, conversation_with.at
    )
    on conflict on constraint chats_thread_key do update set contact_platform_id = excluded.contact_platform_id
    returning id into chat;
  end if;
  foreach other in array coalesce(named.chats[2:], '{}') loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(ids) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < conversation_with.at;
  perform app.show_known_as(channel.organization_id, chat);
  if ids ? 'group_id' then
    return chat;
  end if;
  perform app.link_contact(channel, chat, ids, conversation_with.phone, person ->> 'name');
  return app.settle_channel_events(channel, chat);
end
$$;

-- The conversation's contact, by what its person is known by now; two contacts that prove to be one are merged.
create function app.link_contact(channel public.channel_accounts, chat uuid, ids jsonb, phone text, name text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  accounts text[];
  -- A number that the person has given up may be another's.
  current_phone text;
  held uuid;
  contact uuid;
begin
  select
    array_agg(identity.value),
    max(link_contact.phone) filter (where identity.kind = 'wa_id' and identity.value = ids ->> 'wa_id')
  into accounts, current_phone
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.chat_id = link_contact.chat
    and identity.superseded_at is null;
  update public.chats as found
  set contact_phone = current_phone
  where found.organization_id = channel.organization_id and found.id = link_contact.chat
    and current_phone is not null and found.contact_phone is distinct from current_phone;
  select found.customer_id into held
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id = link_contact.chat;
  contact := app.contact_known_as(channel.organization_id, channel.platform, accounts, current_phone, link_contact.name);
  if held is null then
    update public.chats as found
    set customer_id = contact
    where found.organization_id = channel.organization_id and found.id = link_contact.chat and contact is not null;
  elsif contact <> held then
    perform app.merge_contacts(channel.organization_id, held, contact);
  end if;
end
$$;

-- Writes one message as the channel told it, in its person's conversation, once. `message`: platform_message_id, direction,
-- message_type, content, details, media_type, timestamp, origin, reply_to, referral, status, and message_id where an echo
-- names a message of ours. What was told of it before is applied, also of all messages until some moment.
create or replace function app.receive_message(channel_id uuid, person jsonb, phone text, message jsonb)
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
  if found or exists (
    select from public.chats as chat
    where chat.organization_id = organization and chat.id = receive_message.chat_id
      and given.direction = 'outbound' and given.timestamp <= chat.delivered_until
  ) then
    perform app.settle_message(organization, receive_message.message_id);
  end if;
  if given.direction = 'inbound' and given.origin = 'channel' then
    update public.chats as chat
    set
      contact_name = case when chat.contact_name is null or given.timestamp >= chat.last_inbound_at
        then coalesce(left(nullif(person ->> 'name', ''), 200), chat.contact_name) else chat.contact_name end,
      referral = case when chat.entry_point_at is null or given.timestamp >= chat.entry_point_at
        then coalesce(given.referral, chat.referral) else chat.referral end,
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
