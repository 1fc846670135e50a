-- Counts of unread messages that clients set by hand, up to where the next message could not be counted: what is there to
-- be read is counted anew.
update public.chats as chat
set unread_count = (
  select count(*)
  from public.messages as message
  where message.organization_id = chat.organization_id and message.chat_id = chat.id
    and message.direction = 'inbound' and message.origin <> 'history' and message.status <> 'read'
)
where chat.unread_count > 1000000;
