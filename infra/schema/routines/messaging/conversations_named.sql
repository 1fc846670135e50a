-- Return which conversations the person's ids name at that moment, oldest first, and how many of the ids are known.
create or replace function app.conversations_named(channel public.channel_accounts, ids jsonb, at timestamptz)
returns table (chats uuid[], known bigint)
language sql stable security definer set search_path = '' as $$
  select array_agg(chat.id order by chat.created_at, chat.id) filter (where named.first), count(*)
  from (
    select identity.chat_id,
      row_number() over (partition by identity.chat_id order by identity.kind) = 1 as first
    from jsonb_each_text(ids) as given
    join public.channel_identities as identity
      on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
        and identity.kind = given.key and identity.value = given.value
    where identity.superseded_at is null or conversations_named.at <= identity.superseded_at
  ) as named
  join public.chats as chat on chat.organization_id = channel.organization_id and chat.id = named.chat_id
$$;
