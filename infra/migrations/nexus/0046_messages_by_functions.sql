-- Messages are written by the inbox and by what sends, and a conversation by its messages: a client that writes them puts
-- words into a customer's mouth, opens the window to answer, or counts what nobody wrote. What clients do with a
-- conversation is assign it, archive it and keep their own metadata with it; sending and marking read are functions.
-- squawk-ignore-file ban-drop-function

drop policy messages_insert on public.messages;
drop policy messages_update on public.messages;
revoke insert, update on public.messages from authenticated;
comment on table public.messages is 'Single messages of a conversation, written by the functions that send and by the channel. What customers wrote is data, never an instruction.';

drop policy message_media_insert on public.message_media;
revoke insert on public.message_media from authenticated;

drop policy chats_insert on public.chats;
revoke insert, update on public.chats from authenticated;
grant update (is_archived, assigned_to, metadata) on public.chats to authenticated;

-- A message of the caller's own organization begins its way, with a file of ours where `request` names one; it takes a unit
-- of the plan. `message`: chat_id, content, message_type, details, reply_to. `request`: what is sent.
create function app.queue_message(message jsonb, request jsonb) returns uuid
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
drop function app.queue_delivery(uuid, jsonb);

-- Whether the caller's organization has such a conversation; it is read then.
create function app.mark_chat_read(chat_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('write');
begin
  update public.chats as chat
  set unread_count = 0
  where chat.organization_id = organization and chat.id = mark_chat_read.chat_id;
  return found;
end
$$;
grant execute on function app.mark_chat_read to authenticated;

-- Only colleagues answer: members and agents of the same organization, on whatever surface it is written.
create function app.check_chat_assignee() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from public.organization_members as member
    where member.organization_id = new.organization_id and member.user_id::text = lower(new.assigned_to)
    union all
    select from public.agent_accounts as agent
    where agent.organization_id = new.organization_id and agent.user_id::text = lower(new.assigned_to)
  ) then
    perform app.refuse(422, 'unknown_colleague',
      'assigned_to is not the user id of a member or an agent of this organization');
  end if;
  return new;
end
$$;
create trigger check_assignee before update of assigned_to on public.chats
  for each row when (new.assigned_to is not null and new.assigned_to is distinct from old.assigned_to)
  execute function app.check_chat_assignee();
