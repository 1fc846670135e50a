-- A conversation whose contact is missing gets one again: when its person writes next, when a contact gets their number or
-- account, and before a contact is handed out or erased. A contact is missing where the plan had no room, or it was deleted.

-- Gives a contact the conversations with its numbers and accounts that have none; with groups nobody's.
create function app.link_conversations(organization uuid, contact uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set customer_id = link_conversations.contact
  where chat.organization_id = link_conversations.organization and chat.customer_id is null and chat.merged_into is null
    and chat.id in (
      select known.chat_id
      from public.customer_identities as identity
      join public.channel_accounts as channel on channel.organization_id = identity.organization_id
      join public.channel_identities as known
        on known.organization_id = channel.organization_id and known.channel_id = channel.id and known.superseded_at is null
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

create function app.link_conversations_of_identity() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.link_conversations(new.organization_id, new.customer_id);
  return null;
end
$$;
create trigger link_conversations after insert on public.customer_identities
  for each row when (new.kind <> 'email') execute function app.link_conversations_of_identity();

-- As 0035 has it; a conversation that is known, with a contact, is answered at once.
create or replace function app.conversation_with(channel_id uuid, person jsonb, phone text, at timestamptz) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  ids jsonb := jsonb_strip_nulls(person - 'name' - 'username');
  best text := coalesce(ids ->> 'group_id', ids ->> 'wa_id', ids ->> 'user_id', ids ->> 'parent_user_id', ids ->> 'scoped_id');
  named record;
  chat uuid;
  other uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = conversation_with.channel_id;
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  if cardinality(named.chats) = 1 and named.known = (select count(*) from jsonb_object_keys(ids)) and (
    ids ? 'group_id'
    or exists (
      select from public.chats as found
      where found.organization_id = channel.organization_id and found.id = named.chats[1] and found.customer_id is not null
    )
  ) then
    return named.chats[1];
  end if;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  chat := named.chats[1];
  if chat is null then
    insert into public.chats
      (organization_id, platform, channel_id, platform_chat_id, contact_name, contact_phone, contact_platform_id,
       last_message_time)
    values (
      channel.organization_id, channel.platform, channel.id, best, left(person ->> 'name', 200),
      conversation_with.phone, best, conversation_with.at
    )
    on conflict on constraint chats_thread_key do update set contact_platform_id = excluded.contact_platform_id
    returning id into chat;
  end if;
  foreach other in array coalesce(named.chats[2:], '{}') loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(ids) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < conversation_with.at;
  perform app.show_known_as(channel.organization_id, chat);
  if ids ? 'group_id' then
    return chat;
  end if;
  perform app.link_contact(channel, chat, ids, conversation_with.phone, person ->> 'name');
  return app.settle_channel_events(channel, chat);
end
$$;

-- As 0078 has it; conversations of before are the contact's from here on.
create or replace function app.record_export(contact uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
begin
  perform from public.customers as person where person.organization_id = organization and person.id = contact;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  perform app.link_conversations(organization, contact);
  perform app.record_event(organization, 'customers.export', 'customers', contact, '{}');
end
$$;

-- As 0096 has it, likewise.
create or replace function app.erase_contact(contact uuid, without_export boolean)
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
  people uuid[];
  threads uuid[];
  said uuid[];
  bought uuid[];
  shown uuid[];
  known_by uuid[];
begin
  perform from public.customers as person where person.organization_id = organization and person.id = contact for update;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  if not without_export and not exists (
    select from public.audit_events as event
    where event.organization_id = organization and event.entity_type = 'customers' and event.entity_id = contact
      and event.action = 'customers.export' and event.created_at > now() - interval '30 days'
  ) then
    perform app.refuse(409, 'export_first',
      'hand out what is known with contact-export first, or say without_export where nobody wants it');
  end if;
  perform app.link_conversations(organization, contact);
  people := app.merged_contacts(organization, contact);
  threads := app.chats_of(organization, people);
  select coalesce(array_agg(message.id), '{}') into said
  from public.messages as message
  where message.organization_id = organization and message.chat_id = any (threads);
  select coalesce(array_agg(placed.id), '{}') into bought
  from public.orders as placed
  where placed.organization_id = organization and placed.customer_id = any (people);
  select coalesce(array_agg(identity.id), '{}') into known_by
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.customer_id = any (people);
  perform app.erase_raw(organization, people, threads, app.names_of(organization, people, threads));
  shown := app.erase_files(organization, threads);
  delete from public.chats as thread where thread.organization_id = organization and thread.id = any (threads);
  update public.orders as placed
  set shipping_address = null, notes = null, items = null
  where placed.organization_id = organization and placed.id = any (bought);
  delete from public.customers as person where person.organization_id = organization and person.id = any (people);
  delete from public.audit_values as kept
  using public.audit_events as event
  where kept.organization_id = organization and event.organization_id = organization and event.id = kept.event_id
    and (
      kept.customer_id = any (people)
      or event.entity_type = 'customer_identities' and event.entity_id = any (known_by)
      or event.entity_type = 'chats' and event.entity_id = any (threads)
      or event.entity_type = 'messages' and event.entity_id = any (said)
      or event.entity_type = 'orders' and event.entity_id = any (bought)
      or event.entity_type = 'media' and event.entity_id = any (shown)
    );
  get diagnostics trail_events = row_count;
  orders := cardinality(bought);
  conversations := cardinality(threads);
  messages := cardinality(said);
  files := cardinality(shown);
  perform app.record_event(organization, 'customers.erase', 'customers', contact, jsonb_build_object(
    'orders', orders, 'conversations', conversations, 'messages', messages, 'files', files));
  return next;
end
$$;

-- Conversations of before whose person is a contact.
update public.chats as chat
set customer_id = found.customer_id
from (
  select distinct on (known.organization_id, known.chat_id) known.organization_id, known.chat_id, identity.customer_id
  from public.channel_identities as known
  join public.channel_accounts as channel on channel.organization_id = known.organization_id and channel.id = known.channel_id
  join public.customer_identities as identity
    on identity.organization_id = known.organization_id and (
      (identity.kind = channel.platform and identity.value = known.value)
      or (known.kind = 'wa_id' and identity.kind = 'phone' and identity.value = app.phone_key('+' || known.value))
    )
  where known.kind <> 'group_id' and known.superseded_at is null
  order by known.organization_id, known.chat_id, identity.kind = 'phone', identity.created_at
) as found
where chat.organization_id = found.organization_id and chat.id = found.chat_id
  and chat.customer_id is null and chat.merged_into is null;
