-- Record until when a conversation was delivered or read, and settle the messages before it: Messenger reports a
-- moment, not which messages.
create or replace function app.record_watermark(channel_id uuid, chat_id uuid, status text, until timestamptz)
  returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account
    where account.id = record_watermark.channel_id);
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
