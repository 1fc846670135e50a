-- Make the conversation with an id of a channel, or return the one that another transaction has just made.
create or replace function app.begin_chat(channel public.channel_accounts, best text, name text, phone text,
  at timestamptz) returns uuid
language plpgsql volatile set search_path = '' as $$
declare
  chat uuid;
begin
  insert into public.chats
    (organization_id, platform, channel_id, platform_chat_id, contact_name, contact_phone, contact_platform_id,
     last_message_time)
  values (
    channel.organization_id, channel.platform, channel.id, best, left(begin_chat.name, 200),
    begin_chat.phone, best, begin_chat.at
  )
  on conflict on constraint chats_thread_key do update set contact_platform_id = excluded.contact_platform_id
  returning id into chat;
  return chat;
end
$$;
