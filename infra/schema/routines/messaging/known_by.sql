-- Return what the person of a conversation is known by now, by kind. A conversation that was imported may have nothing
-- but the channel's id of the person.
create or replace function app.known_by(chat public.chats) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(
    (
      select jsonb_object_agg(identity.kind, identity.value order by identity.created_at)
      from public.channel_identities as identity
      where identity.organization_id = chat.organization_id and identity.chat_id = chat.id
        and identity.superseded_at is null
    ),
    jsonb_strip_nulls(jsonb_build_object(
      case chat.platform when 'whatsapp' then 'wa_id' else 'scoped_id' end, chat.contact_platform_id
    ))
  )
$$;
grant execute on function app.known_by to authenticated, service_role;
