-- Make the chat's name at its channel equal to what its person is known by now, in whatever order that became known.
create or replace function app.show_known_as(organization_id uuid, chat_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set platform_chat_id = best.value, contact_platform_id = best.value
  from (
    select identity.value
    from public.channel_identities as identity
    where identity.organization_id = show_known_as.organization_id and identity.chat_id = show_known_as.chat_id
      and identity.superseded_at is null
    order by array_position(array['group_id', 'wa_id', 'user_id', 'parent_user_id', 'scoped_id'], identity.kind),
      identity.value
    limit 1
  ) as best
  where chat.organization_id = show_known_as.organization_id and chat.id = show_known_as.chat_id
    and (chat.platform_chat_id, chat.contact_platform_id) is distinct from (best.value, best.value)
$$;
