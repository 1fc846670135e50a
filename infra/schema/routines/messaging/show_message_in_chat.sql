-- Keep the conversation's summary up to date. Messages may come late and out of order: an older one changes only the
-- unread count. A message from before the channel was connected opens no window and waits for nobody.
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
    last_inbound_at = case when received then greatest(chat.last_inbound_at, new.timestamp)
      else chat.last_inbound_at end,
    unreachable_count = case when received then 0 else chat.unreachable_count end,
    unread_count = case when received and new.status <> 'read' then chat.unread_count + 1 else chat.unread_count end,
    is_archived = chat.is_archived and not received
  where chat.organization_id = new.organization_id and chat.id = new.chat_id;
  return null;
end
$$;
