-- Write one message of a channel into its person's conversation, once. `message`: platform_message_id, direction,
-- message_type, content, details, media_type, timestamp, origin, reply_to, referral, status, and message_id where an
-- echo names a message of ours. Events that came before it are applied, also those for all messages until some moment.
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
  select told.* into given from app.read_message(message) as told;
  chat_id := app.ensure_conversation(receive_message.channel_id, person, phone, given.timestamp);
  -- An echo of our own message, before or after the answer to its sending.
  select sent.message_id into ours from public.message_deliveries as sent
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
    organization, chat.id, left(given.content, 65536), given.message_type::public.message_type, given.direction,
    coalesce(given.status, 'delivered'), case given.direction when 'inbound' then 'customer' else 'agent' end,
    case given.direction when 'inbound' then chat.customer_id end, given.platform_message_id, given.media_type,
    given.timestamp, given.origin, given.reply_to, given.details
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
  perform app.apply_earlier_events(organization, receive_message.chat_id, receive_message.message_id,
    given.platform_message_id, given.direction, given.timestamp);
  if given.direction = 'inbound' and given.origin = 'channel' then
    perform app.announce_message(organization, receive_message.chat_id, receive_message.message_id, person ->> 'name',
      given.referral, given.timestamp);
  end if;
  return next;
end
$$;
grant execute on function app.receive_message to service_role;
