-- Merge two conversations that prove to be with one person; the emptied one stays and points to the other.
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
  perform app.add_to_chat(kept, lost);
  perform app.record_event(
    merge_chats.organization_id, 'chats.merge', 'chats', kept, jsonb_build_object('merged', gone)
  );
  if survivor is not null and lost.customer_id is not null then
    perform app.merge_contacts(merge_chats.organization_id, survivor, lost.customer_id);
  end if;
end
$$;
