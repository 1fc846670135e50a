-- Return the one conversation with a person on a channel, found by any of their ids, and create it where there is none.
-- Ids that come together belong to one person: they are linked, and conversations that prove to be one are merged.
-- Whoever finds a person incomplete holds the channel's lock, so that there is one conversation under any race. A known
-- conversation with a contact is returned at once. `person` has the ids by kind, with the name; `phone` is E.164 where
-- the ids have a phone number.
create or replace function app.ensure_conversation(channel_id uuid, person jsonb, phone text, at timestamptz)
  returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  ids jsonb := jsonb_strip_nulls(person - 'name' - 'username');
  best text := coalesce(ids ->> 'group_id', ids ->> 'wa_id', ids ->> 'user_id', ids ->> 'parent_user_id',
    ids ->> 'scoped_id');
  named record;
  chat uuid;
  other uuid;
begin
  select account.* into channel
  from public.channel_accounts as account where account.id = ensure_conversation.channel_id;
  select found.* into named from app.conversations_named(channel, ids, ensure_conversation.at) as found;
  if cardinality(named.chats) = 1 and named.known = (select count(*) from jsonb_object_keys(ids)) and (
    ids ? 'group_id'
    or exists (
      select from public.chats as found
      where found.organization_id = channel.organization_id and found.id = named.chats[1]
        and found.customer_id is not null
    )
  ) then
    return named.chats[1];
  end if;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select found.* into named from app.conversations_named(channel, ids, ensure_conversation.at) as found;
  chat := named.chats[1];
  if chat is null then
    chat := app.begin_chat(channel, best, person ->> 'name', ensure_conversation.phone, ensure_conversation.at);
  end if;
  foreach other in array coalesce(named.chats[2:], '{}') loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(ids) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < ensure_conversation.at;
  perform app.show_known_as(channel.organization_id, chat);
  if ids ? 'group_id' then
    return chat;
  end if;
  perform app.link_contact(channel, chat, ids, ensure_conversation.phone, person ->> 'name');
  return app.settle_channel_events(channel, chat);
end
$$;
grant execute on function app.ensure_conversation to service_role;
