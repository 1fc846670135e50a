-- Give a contact the conversations with its numbers and accounts that have none; with groups nobody's.
create or replace function app.link_conversations(organization uuid, contact uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set customer_id = link_conversations.contact
  where chat.organization_id = link_conversations.organization and chat.customer_id is null and chat.merged_into is null
    and chat.id in (
      select known.chat_id
      from public.customer_identities as identity
      join public.channel_accounts as channel on channel.organization_id = identity.organization_id
      join public.channel_identities as known
        on known.organization_id = channel.organization_id and known.channel_id = channel.id
          and known.superseded_at is null
          and (
            (identity.kind = channel.platform and known.value = identity.value
              and known.kind in ('wa_id', 'user_id', 'parent_user_id', 'scoped_id'))
            or (identity.kind = 'phone' and known.kind = 'wa_id'
              and known.value in (select ltrim(form, '+') from unnest(app.phone_forms(identity.value)) as form))
          )
      where identity.organization_id = link_conversations.organization
        and identity.customer_id = link_conversations.contact and identity.kind <> 'email'
    )
$$;
