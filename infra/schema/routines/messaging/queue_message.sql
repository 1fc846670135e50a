-- Queue a message of the caller's own organization, with a file of ours where `request` names one; it takes one unit of
-- the plan. Invisible text is refused. `message`: chat_id, content, message_type, details, reply_to. `request`: what is
-- sent.
create or replace function app.queue_message(message jsonb, request jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('write');
  thread public.chats;
  made uuid;
begin
  select chat.* into thread
  from public.chats as chat
  where chat.organization_id = organization and chat.id = (message ->> 'chat_id')::uuid and chat.channel_id is not null;
  if not found then
    perform app.refuse(404, 'not_found', 'no such conversation on a channel of this organization: check the id');
  end if;
  if message ->> 'content' <> '' and not app.is_visible(message ->> 'content') then
    perform app.refuse(422, 'invisible_text',
      'content has no visible character: write it with letters, digits or signs',
        jsonb_build_object('field', 'content'));
  end if;
  insert into public.messages as sent
    (organization_id, chat_id, content, message_type, details, reply_to, direction, status, sender_type, sender_id)
  values (
    organization, thread.id, message ->> 'content', (message ->> 'message_type')::public.message_type,
    message -> 'details', message ->> 'reply_to', 'outbound', 'queued', 'agent', (app.claims() ->> 'sub')::uuid
  )
  returning sent.id into made;
  insert into public.message_deliveries (organization_id, message_id, channel_id, chat_id, request)
  values (organization, made, thread.channel_id, thread.id, request);
  insert into public.message_media (organization_id, message_id, position, media_id)
  select organization, made, 0, (request ->> 'media_id')::uuid
  where request ->> 'media_id' is not null;
  return made;
end
$$;
grant execute on function app.queue_message to authenticated;
