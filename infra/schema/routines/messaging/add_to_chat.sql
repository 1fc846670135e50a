-- Copy what an emptied conversation had into the one that is kept.
create or replace function app.add_to_chat(kept uuid, lost public.chats) returns void
language plpgsql volatile set search_path = '' as $$
begin
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
    unread_count = chat.unread_count + lost.unread_count,
    is_archived = chat.is_archived and lost.is_archived,
    assigned_to = coalesce(chat.assigned_to, lost.assigned_to)
  where chat.organization_id = lost.organization_id and chat.id = kept;
end
$$;
