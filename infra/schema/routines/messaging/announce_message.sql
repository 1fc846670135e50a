-- Show in its conversation who wrote a new message and what brought them, each as the latest message says it, and
-- announce the message in the outbox.
create or replace function app.announce_message(
  organization uuid, chat uuid, message uuid, name text, referral jsonb, sent_at timestamptz
) returns void
language plpgsql volatile set search_path = '' as $$
declare
  shown text := left(nullif(name, ''), 200);
begin
  update public.chats as conversation
  set
    contact_name = case when conversation.contact_name is null or sent_at >= conversation.last_inbound_at
      then coalesce(shown, conversation.contact_name) else conversation.contact_name end,
    referral = case when conversation.entry_point_at is null or sent_at >= conversation.entry_point_at
      then coalesce(announce_message.referral, conversation.referral) else conversation.referral end,
    entry_point_at = case when announce_message.referral is null then conversation.entry_point_at
      else greatest(conversation.entry_point_at, sent_at) end
  where conversation.organization_id = organization and conversation.id = chat
    and (conversation.contact_name is distinct from shown or announce_message.referral is not null);
  insert into public.outbox (organization_id, topic, payload, request_id)
  values (
    organization, 'messages.received', jsonb_build_object('message_id', message, 'chat_id', chat), app.request_id()
  );
end
$$;
