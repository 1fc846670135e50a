-- Give a contact the conversations with its numbers and accounts that have none; with groups nobody's.
-- Each spelling is looked up by the primary key of channel_identities (`limit` keeps Postgres from joining them all),
-- so that the cost does not grow with the number of conversations.
create or replace function app.link_conversations(organization uuid, contact uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set customer_id = link_conversations.contact
  where chat.organization_id = link_conversations.organization and chat.customer_id is null and chat.merged_into is null
    and chat.id in (
      select known.chat_id
      from (
        select channel.id as channel_id, spelled.kind, spelled.value
        from public.customer_identities as identity
        join public.channel_accounts as channel on channel.organization_id = identity.organization_id
        cross join lateral (
          select kind, identity.value
          from unnest(array['wa_id', 'user_id', 'parent_user_id', 'scoped_id']) as kind
          where identity.kind = channel.platform
          union all
          select 'wa_id', ltrim(form, '+')
          from unnest(case when identity.kind = 'phone' then app.phone_forms(identity.value) end) as form
        ) as spelled (kind, value)
        where identity.organization_id = link_conversations.organization
          and identity.customer_id = link_conversations.contact and identity.kind <> 'email'
        offset 0
      ) as named
      cross join lateral (
        select one.chat_id
        from public.channel_identities as one
        where one.organization_id = link_conversations.organization and one.channel_id = named.channel_id
          and one.kind = named.kind and one.value = named.value and one.superseded_at is null
        limit 1
      ) as known
    )
$$;
