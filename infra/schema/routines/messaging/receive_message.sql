-- Write one message as the channel told it, in its person's conversation, once. `message`: platform_message_id,
-- direction, message_type, content, details, media_type, timestamp, origin, reply_to, referral, status, and
-- message_id where an echo names a message of ours. What was told of it before is applied, also of all messages
-- until some moment.
create or replace function app.receive_message(channel_id uuid, person jsonb, phone text, message jsonb)
returns table (message_id uuid, chat_id uuid, is_new boolean)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account
    where account.id = receive_message.channel_id);
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
    organization, receive_message.chat_id, left(given.content, 65536), given.message_type::public.message_type,
      given.direction,
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
grant execute on function app.receive_message to service_role;
