-- Contacts that write to us first, and two contacts that prove to be one person.

-- The contact whom these accounts or this phone number belong to, made where there is none. Null where the plan takes no
-- more contacts: the conversation is there without one. `accounts` are the channel's ids of the person, best known first.
create function app.contact_known_as(
  organization_id uuid, channel text, accounts text[], phone text, name text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  contact uuid;
begin
  select identity.customer_id into contact
  from public.customer_identities as identity
  where identity.organization_id = contact_known_as.organization_id
    and (
      (identity.kind = contact_known_as.channel and identity.value = any (contact_known_as.accounts))
      or (identity.kind = 'phone' and identity.value = contact_known_as.phone)
    )
  order by identity.kind = 'phone', identity.created_at
  limit 1;
  if contact is null then
    begin
      insert into public.customers (organization_id, first_name, phone_number, phone_raw, lead_source_id)
      values (
        contact_known_as.organization_id, left(coalesce(nullif(btrim(contact_known_as.name), ''), contact_known_as.phone), 200),
        contact_known_as.phone, contact_known_as.phone,
        (
          select source.id from public.lead_sources as source
          where source.organization_id = contact_known_as.organization_id
            and app.fold(source.name) = contact_known_as.channel
        )
      )
      returning id into contact;
    exception when sqlstate 'PT403' then
      return null;
    end;
  end if;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select contact_known_as.organization_id, contact, contact_known_as.channel, account
  from unnest(contact_known_as.accounts) as account
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  return contact;
end
$$;

-- Makes one contact of two: whatever points to `gone` points to `kept` afterwards, what only `gone` knew is kept, and the
-- trail has the row that went.
create function app.merge_contacts(organization_id uuid, kept uuid, gone uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost public.customers;
  reference record;
begin
  perform from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id in (kept, gone)
  order by contact.id
  for update;
  select contact.* into lost
  from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id = gone;
  if lost.id is null or kept = gone then
    return;
  end if;
  insert into public.customer_labels (organization_id, customer_id, label_id)
  select worn.organization_id, kept, worn.label_id
  from public.customer_labels as worn
  where worn.organization_id = merge_contacts.organization_id and worn.customer_id = gone
  on conflict do nothing;
  for reference in
    select held.conrelid::regclass as relation, pointing.attname as name
    from pg_catalog.pg_constraint as held
    join pg_catalog.pg_attribute as pointing
      on pointing.attrelid = held.conrelid and pointing.attnum = any (held.conkey) and pointing.attname <> 'organization_id'
    where held.contype = 'f' and held.confrelid = 'public.customers'::regclass
      and held.conrelid <> 'public.customer_labels'::regclass
  loop
    execute format(
      'update %s set %I = $1 where organization_id = $2 and %I = $3', reference.relation, reference.name, reference.name
    ) using kept, merge_contacts.organization_id, gone;
  end loop;
  delete from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id = gone;
  update public.customers as contact
  set
    first_name = coalesce(contact.first_name, lost.first_name),
    last_name = coalesce(contact.last_name, lost.last_name),
    email = coalesce(contact.email, lost.email),
    phone_number = coalesce(contact.phone_number, lost.phone_number),
    phone_raw = coalesce(contact.phone_raw, lost.phone_raw),
    company = coalesce(contact.company, lost.company),
    address = coalesce(contact.address, lost.address),
    shopify_customer_id = coalesce(contact.shopify_customer_id, lost.shopify_customer_id),
    customer_label = coalesce(contact.customer_label, lost.customer_label),
    journey_stage_id = coalesce(contact.journey_stage_id, lost.journey_stage_id),
    lead_source_id = coalesce(contact.lead_source_id, lost.lead_source_id),
    assigned_to = coalesce(contact.assigned_to, lost.assigned_to),
    customer_score = greatest(contact.customer_score, lost.customer_score),
    tags = (select coalesce(array_agg(distinct tag), '{}') from unnest(contact.tags || lost.tags) as tag),
    last_contact = greatest(contact.last_contact, lost.last_contact),
    next_follow_up = least(contact.next_follow_up, lost.next_follow_up),
    notes = left(concat_ws(E'\n\n', contact.notes, lost.notes), 10000),
    metadata = lost.metadata || contact.metadata
  where contact.organization_id = merge_contacts.organization_id and contact.id = kept;
  perform app.record_event(
    merge_contacts.organization_id, 'customers.merge', 'customers', kept, jsonb_build_object('merged', gone)
  );
end
$$;
grant execute on function app.merge_contacts to service_role;

-- What a number change does to the contact: the number on record follows where it was the old one; another contact who
-- already has the new number is the same person.
create function app.move_contact_phone(organization_id uuid, contact uuid, previous text, current text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  holder uuid;
begin
  select identity.customer_id into holder
  from public.customer_identities as identity
  where identity.organization_id = move_contact_phone.organization_id
    and identity.kind = 'phone' and identity.value = current;
  if holder is not null and holder <> contact then
    perform app.merge_contacts(move_contact_phone.organization_id, contact, holder);
  end if;
  update public.customers as person
  set phone_number = current, phone_raw = current
  where person.organization_id = move_contact_phone.organization_id and person.id = contact
    and (person.phone_number is null or person.phone_number = previous);
end
$$;
