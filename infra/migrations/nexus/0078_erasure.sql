-- What a person may ask of a business: to be told all that is known, and to be forgotten (docs/decisions/0027-the-trail-and-erasure.md).

-- That all that is known of a contact was handed out.
create function app.record_export(contact uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
begin
  perform from public.customers as person where person.organization_id = organization and person.id = contact;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  perform app.record_event(organization, 'customers.export', 'customers', contact, '{}');
end
$$;
grant execute on function app.record_export to authenticated;

-- Every contact that this one was made of.
create function app.merged_contacts(organization uuid, contact uuid) returns uuid[]
language sql stable set search_path = '' as $$
  with recursive person (id) as (
    select contact
    union
    select (event.changes ->> 'merged')::uuid
    from person
    join public.audit_events as event
      on event.organization_id = organization and event.entity_type = 'customers' and event.entity_id = person.id
      and event.action = 'customers.merge'
  )
  select array_agg(person.id) from person
$$;

-- The conversations of these contacts, those that went into them too.
create function app.chats_of(organization uuid, people uuid[]) returns uuid[]
language sql stable set search_path = '' as $$
  with recursive thread (id) as (
    select chat.id from public.chats as chat where chat.organization_id = organization and chat.customer_id = any (people)
    union
    select chat.id
    from thread
    join public.chats as chat on chat.organization_id = organization and chat.merged_into = thread.id
  )
  select coalesce(array_agg(thread.id), '{}') from thread
$$;

-- What the person is called by machines: numbers, addresses, ids of channels.
create function app.names_of(organization uuid, people uuid[], threads uuid[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct known.name), '{}')
  from (
    select ltrim(identity.value, '+') as name
    from public.customer_identities as identity
    where identity.organization_id = organization and identity.customer_id = any (people)
    union all
    select identity.value
    from public.channel_identities as identity
    where identity.organization_id = organization and identity.chat_id = any (threads) and identity.kind <> 'group_id'
    union all
    select ltrim(person.phone_number, '+')
    from public.customers as person
    where person.organization_id = organization and person.id = any (people)
  ) as known
  where length(known.name) >= 6
$$;

-- Bodies that were read or given up, that name a channel of the organization and the person, and what waits or waited about them.
create function app.erase_raw(organization uuid, people uuid[], threads uuid[], names text[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  delete from public.set_aside as aside
  where aside.organization_id = organization
    and exists (select from unnest(names) as name where strpos(concat_ws(' ', aside.subject, aside.fault), name) > 0);
  delete from public.webhook_inbox as raw
  where (raw.processed_at is not null or raw.attempts >= 3)
    and not exists (
      select from public.set_aside as theirs where theirs.inbox_id = raw.id and theirs.organization_id <> organization
    )
    and exists (
      select from unnest(names) as name where position(convert_to(name, 'UTF8') in raw.body) > 0
    )
    and exists (
      select from public.channel_accounts as channel
      where channel.organization_id = organization and position(
        convert_to('"' || coalesce(channel.waba_id, channel.external_id) || '"', 'UTF8') in raw.body
      ) > 0
    );
  delete from public.channel_events as told
  where told.organization_id = organization and told.chat_id is null
    and exists (select from unnest(names) as name where strpos(told.payload::text, '"' || name || '"') > 0);
  delete from public.outbox as work
  where work.organization_id = organization
    and exists (
      select from unnest(names || people::text[] || threads::text[]) as name where strpos(work.payload::text, name) > 0
    );
  delete from public.idempotency_keys as answer
  where answer.organization_id = organization
    and exists (
      select from unnest(names || people::text[]) as name where position(convert_to(name, 'UTF8') in answer.response) > 0
    );
end
$$;

-- Files that no message of anybody else shows: the bytes go by the job that erases, the names now.
create function app.erase_files(organization uuid, threads uuid[]) returns uuid[]
language plpgsql volatile set search_path = '' as $$
declare
  files uuid[];
begin
  select array_agg(distinct shown.media_id) into files
  from public.message_media as shown
  join public.messages as theirs on theirs.organization_id = organization and theirs.id = shown.message_id
  where shown.organization_id = organization and theirs.chat_id = any (threads)
    and not exists (
      select from public.message_media as elsewhere
      join public.messages as other on other.organization_id = organization and other.id = elsewhere.message_id
      where elsewhere.organization_id = organization and elsewhere.media_id = shown.media_id
        and other.chat_id <> all (threads)
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

-- Forgets a contact: the identities, conversations, files, raw bodies and values of the trail. Orders stay as money and
-- goods, without the person. All that is known must have been handed out within 30 days, or nobody may want it.
create function app.erase_contact(contact uuid, without_export boolean)
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
  people uuid[];
  threads uuid[];
  said uuid[];
  bought uuid[];
  shown uuid[];
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
  people := app.merged_contacts(organization, contact);
  threads := app.chats_of(organization, people);
  select coalesce(array_agg(message.id), '{}') into said
  from public.messages as message
  where message.organization_id = organization and message.chat_id = any (threads);
  select coalesce(array_agg(placed.id), '{}') into bought
  from public.orders as placed
  where placed.organization_id = organization and placed.customer_id = any (people);
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
grant execute on function app.erase_contact to authenticated;
