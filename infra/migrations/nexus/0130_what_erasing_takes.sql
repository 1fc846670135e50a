-- What was left after a person was forgotten, and people whose contact is gone (docs/decisions/0027-the-trail-and-erasure.md).

-- As 0077 has it, with what an order's lines and other systems call it.
create or replace function app.personal_columns(entity text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return case entity
  when 'customers' then array[
    'first_name', 'last_name', 'email', 'phone_number', 'phone_raw', 'company', 'address', 'shopify_customer_id',
    'customer_label', 'tags', 'notes', 'metadata'
  ]
  when 'customer_identities' then array['value']
  when 'chats' then array[
    'platform_chat_id', 'contact_name', 'contact_phone', 'contact_platform_id', 'last_message', 'metadata', 'referral'
  ]
  when 'messages' then array['content', 'details', 'media_url', 'reactions', 'platform_message_id', 'reply_to', 'error']
  when 'media' then array['file_name', 'sha256']
  when 'orders' then array['shipping_address', 'notes', 'items', 'lines', 'shopify_order_id', 'awb_number']
  else '{}'
end;

-- As 0013 has it; the lines are personal: one that is not in the catalog may be named after whom it is for.
create or replace function app.audit_order_items() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_change(
    orders.organization_id, 'order_items.' || lower(tg_op), 'orders', tg_relid, jsonb_build_object('lines', touched.lines),
    jsonb_build_object('id', orders.id, 'customer_id', orders.customer_id)
  )
  from (
    select changed.order_id,
      jsonb_agg(to_jsonb(changed) - 'order_id' - 'created_at' order by changed.created_at) as lines
    from changed
    group by changed.order_id
  ) as touched
  join public.orders on orders.id = touched.order_id;
  return null;
end
$$;

-- What was written before stands as if it had been written so; of whom was erased before, without the values.
alter table public.audit_events no force row level security;
alter table public.audit_values no force row level security;
alter table public.audit_events disable trigger guard_audit;
with split as materialized (
  select event.organization_id, event.id, event.values_digest is null as is_first, found.personal,
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as salt, placed.customer_id
  from public.audit_events as event
  cross join lateral (
    select jsonb_object_agg(field.key, field.value) as personal
    from jsonb_each(event.changes) as field
    where field.key in ('lines', 'shopify_order_id', 'awb_number') and field.value not in ('null', '[]', '{}', '"personal"')
  ) as found
  left join public.orders as placed on placed.organization_id = event.organization_id and placed.id = event.entity_id
  where event.entity_type = 'orders' and event.action ~ '\.(insert|update|delete)$' and found.personal is not null
), begun as (
  insert into public.audit_values (organization_id, event_id, customer_id, salt, changes)
  select split.organization_id, split.id, split.customer_id, split.salt, split.personal
  from split
  where split.is_first
  returning organization_id, event_id, salt, changes
), added as (
  update public.audit_values as kept
  set changes = kept.changes || split.personal
  from split
  where not split.is_first and kept.organization_id = split.organization_id and kept.event_id = split.id
  returning kept.organization_id, kept.event_id, kept.salt, kept.changes
), moved as (
  select * from begun union all select * from added
)
update public.audit_events as event
set changes = app.open_part(split.personal, event.changes),
  values_digest = coalesce(app.values_digest(moved.salt, moved.changes), event.values_digest)
from split
left join moved on moved.organization_id = split.organization_id and moved.event_id = split.id
where event.organization_id = split.organization_id and event.id = split.id;
alter table public.audit_events enable trigger guard_audit;
alter table public.audit_events force row level security;
alter table public.audit_values force row level security;

-- What a phone app that shares the number tells of its owner's contacts is no matter of the account.
alter table public.channel_accounts no force row level security;
update public.channel_accounts set details = details - 'smb_app_state_sync' where details ? 'smb_app_state_sync';
alter table public.channel_accounts force row level security;

-- Every way in which a number, address or id is written, without plus.
create function app.spellings(identity text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return (
  select array_agg(distinct ltrim(form, '+'))
  from unnest(array[identity, lower(identity)] || app.phone_forms('+' || ltrim(identity, '+'))) as form
  where length(ltrim(form, '+')) >= 6
);

-- Whether one of the names stands in the document as a whole value.
create function app.is_named_in(document jsonb, names text[]) returns boolean
language sql immutable set search_path = ''
return exists (
  select from jsonb_path_query(document, 'strict $.**') as found
  where jsonb_typeof(found) in ('string', 'number') and ltrim(found #>> '{}', '+') = any (names)
);

-- What the trail knows that these contacts were known by, but what is somebody else's now.
create function app.former_names(organization uuid, people uuid[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct form), '{}')
  from public.audit_values as kept
  cross join jsonb_path_query(kept.changes, 'lax $.keyvalue() ? (@.key == "phone_number" || @.key == "email" || @.key == "value").value')
    as told
  cross join lateral (
    select told #>> '{}' as name where jsonb_typeof(told) = 'string'
    union all
    select told ->> side from unnest('{from,to}'::text[]) as side where jsonb_typeof(told) = 'object'
  ) as known
  cross join unnest(app.spellings(known.name)) as form
  where kept.organization_id = former_names.organization and kept.customer_id = any (people)
    and not exists (
      select from public.customer_identities as identity
      where identity.organization_id = former_names.organization and identity.customer_id <> all (people)
        and ltrim(identity.value, '+') = form
    )
$$;

-- As 0078 has it, in every spelling, and what the contacts and conversations themselves say.
create or replace function app.names_of(organization uuid, people uuid[], threads uuid[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct form), '{}')
  from (
    select identity.value as name
    from public.customer_identities as identity
    where identity.organization_id = organization and identity.customer_id = any (people)
    union all
    select identity.value
    from public.channel_identities as identity
    where identity.organization_id = organization and identity.chat_id = any (threads) and identity.kind <> 'group_id'
    union all
    select unnest(array[person.phone_number, person.email])
    from public.customers as person
    where person.organization_id = organization and person.id = any (people)
    union all
    select thread.contact_phone
    from public.chats as thread
    where thread.organization_id = organization and thread.id = any (threads)
  ) as known
  cross join unnest(app.spellings(known.name)) as form
$$;

create function app.groups_of(organization uuid) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(identity.chat_id), '{}')
  from public.channel_identities as identity
  where identity.organization_id = groups_of.organization and identity.kind = 'group_id'
$$;

-- The contacts' conversations, and those with the names that have no contact; those that went into them too, no groups.
create function app.threads_of(organization uuid, people uuid[], names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  with recursive thread (id) as (
    select chat.id
    from public.chats as chat
    where chat.organization_id = threads_of.organization and (
      chat.customer_id = any (people)
      or chat.customer_id is null and chat.id <> all (app.groups_of(threads_of.organization)) and (
        ltrim(chat.contact_phone, '+') = any (names)
        or chat.platform_chat_id = any (names)
        or exists (
          select from public.channel_identities as identity
          where identity.organization_id = threads_of.organization and identity.chat_id = chat.id
            and identity.value = any (names) and identity.superseded_at is null
        )
      )
    )
    union
    select chat.id
    from thread
    join public.chats as chat on chat.organization_id = threads_of.organization and chat.merged_into = thread.id
  )
  select coalesce(array_agg(thread.id), '{}') from thread
$$;

-- What people of these names said in groups.
create function app.said_in_groups(organization uuid, names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(message.id), '{}')
  from public.messages as message
  where message.organization_id = said_in_groups.organization
    and message.chat_id = any (app.groups_of(said_in_groups.organization))
    and app.is_named_in(message.details -> 'group_sender', names)
$$;

-- Contacts of these names that were deleted, as far as the trail still knows them.
create function app.deleted_contacts(organization uuid, names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct found.id), '{}')
  from (
    select coalesce(kept.customer_id, (event.changes ->> 'customer_id')::uuid) as id
    from public.audit_values as kept
    join public.audit_events as event on event.organization_id = kept.organization_id and event.id = kept.event_id
    where kept.organization_id = deleted_contacts.organization
      and (event.entity_type = 'customers' or event.entity_type = 'customer_identities' and event.action not like '%.update')
      and app.is_named_in(kept.changes, names)
  ) as found
  where not exists (
    select from public.customers as person
    where person.organization_id = deleted_contacts.organization and person.id = found.id
  ) and found.id is not null
$$;

-- Every order that is or once was theirs, deleted ones too.
create function app.orders_once_of(organization uuid, people uuid[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct found.id), '{}')
  from (
    select placed.id
    from public.orders as placed
    where placed.organization_id = orders_once_of.organization and placed.customer_id = any (people)
    union all
    select event.entity_id
    from public.audit_events as event
    where event.organization_id = orders_once_of.organization and event.entity_type = 'orders'
      and (
        event.changes ->> 'customer_id' = any (people::text[])
        or event.changes -> 'customer_id' ->> 'from' = any (people::text[])
        or event.changes -> 'customer_id' ->> 'to' = any (people::text[])
      )
  ) as found
$$;
grant execute on function app.merged_contacts, app.orders_once_of, app.groups_of, app.said_in_groups, app.names_of, app.former_names,
  app.spellings, app.is_named_in to authenticated;

-- Whether a webhook body speaks of the account: its id stands there whole, in quotes or as a number.
create function app.is_of_account(body bytea, account text) returns boolean
language sql immutable strict set search_path = ''
return position(convert_to('"' || account || '"', 'UTF8') in body) > 0
  or (account ~ '^[0-9]+$' and encode(body, 'escape') ~ ('[^0-9]' || account || '([^0-9]|$)'));

-- As 0078 has it, and: a body that was read stays as its hash, so that the same one told again is known; every kept answer
-- goes, for they are sealed and nobody can tell whose they are; so do facts of messages that never came.
create or replace function app.erase_raw(organization uuid, people uuid[], threads uuid[], names text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  bodies bigint[];
begin
  delete from public.set_aside as aside
  where aside.organization_id = organization
    and exists (select from unnest(names) as name where strpos(concat_ws(' ', aside.subject, aside.fault), name) > 0);
  select array_agg(raw.id) into bodies
  from public.webhook_inbox as raw
  where (raw.processed_at is not null or raw.attempts >= 3)
    and exists (
      select from unnest(names) as name where position(convert_to(name, 'UTF8') in raw.body) > 0
    )
    and not exists (
      select from public.set_aside as theirs where theirs.inbox_id = raw.id and theirs.organization_id <> organization
    )
    and exists (
      select from public.channel_accounts as channel
      where channel.organization_id = organization
        and (app.is_of_account(raw.body, channel.waba_id) or app.is_of_account(raw.body, channel.external_id))
    );
  delete from public.webhook_inbox as raw
  where raw.id = any (bodies)
    and (raw.processed_at is null or exists (select from public.set_aside as aside where aside.inbox_id = raw.id));
  update public.webhook_inbox as raw set body = '' where raw.id = any (bodies);
  delete from public.channel_events as told
  where told.organization_id = organization and told.chat_id is null
    and (app.is_named_in(told.payload, names)
      or exists (select from unnest(names) as name where strpos(told.dedup_key, name) > 0));
  delete from public.message_events as told
  where told.organization_id = organization
    and (
      told.message_id is null and told.kind in ('edit', 'reaction')
      or exists (
        select from unnest(names) as name
        where strpos(concat_ws(' ', told.dedup_key, told.platform_message_id, told.value, told.details::text), name) > 0
      )
    );
  delete from public.outbox as work
  where work.organization_id = organization
    and exists (
      select from unnest(names || people::text[] || threads::text[]) as name where strpos(work.payload::text, name) > 0
    );
  delete from public.idempotency_keys as answer where answer.organization_id = organization;
end
$$;

-- As 0078 has it, by messages: what a person sent to a group goes too.
-- Functions of the house alone call it.
-- squawk-ignore ban-drop-function
drop function app.erase_files(uuid, uuid[]);
create function app.erase_files(organization uuid, said uuid[]) returns uuid[]
language plpgsql volatile set search_path = '' as $$
declare
  files uuid[];
begin
  select array_agg(distinct shown.media_id) into files
  from public.message_media as shown
  where shown.organization_id = organization and shown.message_id = any (said)
    and not exists (
      select from public.message_media as elsewhere
      where elsewhere.organization_id = organization and elsewhere.media_id = shown.media_id
        and elsewhere.message_id <> all (said)
    );
  update public.media as file
  set status = 'deleted', failure = null, file_name = null, sha256 = null
  where file.organization_id = organization and file.id = any (files);
  insert into public.media_tasks as task (organization_id, media_id, task)
  select organization, media_id, 'erase' from unnest(files) as media_id
  on conflict on constraint media_tasks_pkey do update
  set task = 'erase', provider_id = null, url = null, sha256 = null, attempts = 0, available_at = now();
  return coalesce(files, '{}');
end
$$;

-- Values of the trail that are theirs: by their rows, by who had an order before a change and after, and by name.
create function app.erase_values(
  organization uuid, people uuid[], known_by uuid[], threads uuid[], said uuid[], bought uuid[], shown uuid[], names text[]
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  erased integer;
begin
  delete from public.audit_values as kept
  using public.audit_events as event
  where kept.organization_id = organization and event.organization_id = organization and event.id = kept.event_id
    and (
      kept.customer_id = any (people)
      or event.entity_type = 'customer_identities' and event.entity_id = any (known_by)
      or event.entity_type = 'chats' and event.entity_id = any (threads)
      or event.entity_type = 'messages' and event.entity_id = any (said)
      or event.entity_type = 'messages' and event.changes ->> 'chat_id' = any (threads::text[])
      or event.entity_type = 'orders' and event.entity_id = any (bought)
      or event.entity_type = 'media' and event.entity_id = any (shown)
      or app.is_named_in(kept.changes, names)
    );
  get diagnostics erased = row_count;
  return erased;
end
$$;

-- All of it, of contacts that are there or not, and of who is known by these names alone.
create function app.erase_known(organization uuid, contact uuid, people uuid[], names text[])
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile set search_path = '' as $$
declare
  threads uuid[];
  said uuid[];
  bought uuid[];
  traced uuid[];
  shown uuid[];
  known_by uuid[];
begin
  names := names || app.names_of(organization, people, '{}') || app.former_names(organization, people);
  threads := app.threads_of(organization, people, names);
  names := names || app.names_of(organization, people, threads);
  select coalesce(array_agg(message.id), '{}') into said
  from public.messages as message
  where message.organization_id = organization and message.chat_id = any (threads);
  said := said || app.said_in_groups(organization, names);
  traced := app.orders_once_of(organization, people);
  select coalesce(array_agg(placed.id), '{}') into bought
  from public.orders as placed
  where placed.organization_id = organization and placed.id = any (traced)
    and (placed.customer_id is null or placed.customer_id = any (people));
  select coalesce(array_agg(identity.id), '{}') into known_by
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.customer_id = any (people);
  perform app.erase_raw(organization, people, threads, names);
  shown := app.erase_files(organization, said);
  delete from public.messages as message where message.organization_id = organization and message.id = any (said);
  delete from public.chats as thread where thread.organization_id = organization and thread.id = any (threads);
  update public.chats as thread
  set contact_phone = null, contact_name = null
  where thread.organization_id = organization and ltrim(thread.contact_phone, '+') = any (names)
    and (thread.customer_id is null or thread.customer_id = any (people));
  update public.orders as placed
  set shipping_address = null, notes = null, items = null
  where placed.organization_id = organization and placed.id = any (bought);
  update public.order_items as line
  set name = (
    select left(coalesce(items.name, items.sku), 10000) from public.items
    where items.organization_id = erase_known.organization and items.id = line.item_id
  )
  where line.order_id = any (bought);
  delete from public.customers as person where person.organization_id = organization and person.id = any (people);
  trail_events := app.erase_values(organization, people, known_by, threads, said, traced, shown, names);
  orders := cardinality(bought);
  conversations := cardinality(threads);
  messages := cardinality(said);
  files := cardinality(shown);
  perform app.record_event(organization, 'customers.erase', 'customers', contact, jsonb_build_object(
    'orders', orders, 'conversations', conversations, 'messages', messages, 'files', files));
  return next;
end
$$;

-- As 0110 has it; what it erases is the work of app.erase_known.
create or replace function app.erase_contact(contact uuid, without_export boolean)
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
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
  return query select * from app.erase_known(organization, contact, app.merged_contacts(organization, contact), '{}');
end
$$;

-- Who is known by a number, address or id of a channel alone: the contact was deleted, or there never was one.
create function app.erase_person(identity text, without_export boolean)
returns table (customer_id uuid, orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  organization uuid := app.organization_with('admin');
  names text[] := app.spellings(erase_person.identity);
  contact uuid;
  people uuid[];
begin
  select known.customer_id into contact
  from public.customer_identities as known
  where known.organization_id = organization and ltrim(known.value, '+') = any (names)
  limit 1;
  if contact is not null then
    return query select contact, erased.* from app.erase_contact(contact, without_export) as erased;
    return;
  end if;
  if not without_export then
    perform app.refuse(409, 'export_first',
      'there is no contact with that identity to hand out: say without_export to erase what is left of the person');
  end if;
  select coalesce(array_agg(distinct made_of), '{}') into people
  from unnest(app.deleted_contacts(organization, names)) as gone
  cross join unnest(app.merged_contacts(organization, gone)) as made_of;
  return query select people[1], erased.* from app.erase_known(organization, people[1], people, names) as erased;
end
$$;
grant execute on function app.erase_person to authenticated;

-- As 0110 has it, and while it is handed out nobody erases it: a kept answer would outlive them.
create or replace function app.record_export(contact uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
begin
  perform from public.customers as person
  where person.organization_id = organization and person.id = contact
  for share;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  perform app.link_conversations(organization, contact);
  perform app.record_event(organization, 'customers.export', 'customers', contact, '{}');
end
$$;
