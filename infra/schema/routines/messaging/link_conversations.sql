-- Give a contact those conversations with its numbers and accounts that have no contact; groups have none. What the
-- contact is known by is spelled once, and each spelling is looked up by channel_identities_value_idx (`offset` keeps
-- Postgres from joining all of them): the cost grows neither with the conversations nor with the channels.
create or replace function app.link_conversations(organization uuid, contact uuid) returns void
language sql volatile security definer set search_path = '' as $$
  with named as materialized (
    select identity.kind, ltrim(form, case when identity.kind = 'phone' then '+' else '' end) as value
    from public.customer_identities as identity
    cross join lateral unnest(
      case when identity.kind = 'phone' then app.phone_forms(identity.value) else array[identity.value] end
    ) as form
    where identity.organization_id = link_conversations.organization
      and identity.customer_id = link_conversations.contact and identity.kind <> 'email'
  ),
  linked as materialized (
    select known.chat_id
    from named
    cross join lateral (
      select one.chat_id, one.channel_id, one.kind
      from public.channel_identities as one
      where one.organization_id = link_conversations.organization and one.value = named.value
        and one.superseded_at is null
      offset 0
    ) as known
    join public.channel_accounts as channel
      on channel.organization_id = link_conversations.organization and channel.id = known.channel_id
    where (named.kind = 'phone' and known.kind = 'wa_id')
      or (named.kind = channel.platform and known.kind in ('wa_id', 'user_id', 'parent_user_id', 'scoped_id'))
  )
  update public.chats as chat
  set customer_id = link_conversations.contact
  where chat.organization_id = link_conversations.organization and chat.customer_id is null and chat.merged_into is null
    and chat.id in (select chat_id from linked)
$$;
