-- A person has a new number or id: what was written under the old one stays where it is, what is written under the
-- new one joins it, also where it is read later. Null where neither is known yet.
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
  -- An old id is remembered as one even if nothing has come under it yet.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id, superseded_at)
  select channel.organization_id, channel.id, given.key, given.value, chat,
    case when after ->> given.key <> given.value then change_identity.at end
  from jsonb_each_text(before) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = excluded.superseded_at
  where identity.superseded_at < change_identity.at
    or (identity.superseded_at is null and excluded.superseded_at is not null and identity.chat_id = chat);
  -- An id that the person had then and has given up since stays given up.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(after) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < change_identity.at;
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
  -- The old id may become another person's.
  delete from public.customer_identities as identity
  using jsonb_each_text(before) as given
  where identity.organization_id = channel.organization_id and identity.customer_id = contact
    and identity.kind = channel.platform and identity.value = given.value
    and after ->> given.key <> given.value;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select channel.organization_id, contact, channel.platform, identity.value
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.chat_id = chat
    and identity.superseded_at is null
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  if change_identity.current_phone is not null then
    perform app.move_contact_phone(
      channel.organization_id, contact, change_identity.previous_phone, change_identity.current_phone
    );
    delete from public.customer_identities as identity
    using public.customers as person
    where identity.organization_id = channel.organization_id and identity.customer_id = contact
      and identity.kind = 'phone' and identity.value = change_identity.previous_phone
      and person.organization_id = identity.organization_id and person.id = contact
      and person.phone_number is distinct from identity.value;
  end if;
  return chat;
end
$$;
grant execute on function app.change_identity to service_role;
