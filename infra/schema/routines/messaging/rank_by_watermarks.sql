-- Return how far a sent message has come by the moments until which its conversation was delivered and read, 0 where it
-- is later than both; no row for an inbound message. Postgres puts the body in its place.
create or replace function app.rank_by_watermarks(organization_id uuid, message_id uuid) returns table (rank integer)
language sql stable
begin atomic
  select case
    when message.platform_message_id is not null and message.timestamp <= chat.read_until then 3
    when message.platform_message_id is not null and message.timestamp <= chat.delivered_until then 2
    else 0
  end
  from public.messages as message
  join public.chats as chat on chat.organization_id = message.organization_id and chat.id = message.chat_id
  where message.organization_id = rank_by_watermarks.organization_id and message.id = rank_by_watermarks.message_id
    and message.direction = 'outbound';
end;
