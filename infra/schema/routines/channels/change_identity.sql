-- Record that a person has a new number or id. What was written under the old one stays where it is; what is written
-- under the new one joins it, also if it is read later. Return the conversation, or null where neither is known yet.
create or replace function app.change_identity(
  channel_id uuid, previous jsonb, current jsonb, previous_phone text, current_phone text, at timestamptz
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  before jsonb := jsonb_strip_nulls(coalesce(nullif(previous, 'null'), '{}') - 'name' - 'username');
  after jsonb := jsonb_strip_nulls(current - 'name' - 'username');
  chats uuid[];
  chat uuid;
  other uuid;
  contact uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = change_identity.channel_id;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select array_agg(found.id order by found.created_at, found.id) into chats
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id in (
    select unnest(named.chats) from app.conversations_named(channel, before, change_identity.at) as named
    union
    select unnest(named.chats) from app.conversations_named(channel, after, change_identity.at) as named
  );
  chat := chats[1];
  if chat is null then
    return null;
  end if;
  foreach other in array chats[2:] loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  perform app.remember_ids(channel, chat, before, after, change_identity.at);
  perform app.show_known_as(channel.organization_id, chat);
  update public.chats as found
  set contact_phone = change_identity.current_phone
  where found.organization_id = channel.organization_id and found.id = chat
    and change_identity.current_phone is not null and found.platform_chat_id = after ->> 'wa_id';
  select found.customer_id into contact
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id = chat;
  if contact is null then
    return chat;
  end if;
  perform app.move_identities(
    channel, chat, contact, before, after, change_identity.previous_phone, change_identity.current_phone
  );
  return chat;
end
$$;
grant execute on function app.change_identity to service_role;
