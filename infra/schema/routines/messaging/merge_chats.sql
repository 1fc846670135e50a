-- Make one conversation of two that prove to be with one person; the emptied one stays as a sign-post.
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
    merged_into = kept, is_archived = true, unread_count = 0, customer_id = null,
      platform_chat_id = 'merged ' || gone::text
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
    unread_count = chat.unread_count + lost.unread_count,
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
