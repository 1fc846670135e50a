-- Make one contact of two, as before; what both together have is cut to what one may have.
create or replace function app.merge_contacts(organization_id uuid, kept uuid, gone uuid) returns void
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
      on pointing.attrelid = held.conrelid and pointing.attnum = any (held.conkey)
        and pointing.attname <> 'organization_id'
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
    tags = (select coalesce(array_agg(distinct tag), '{}') from unnest(contact.tags || lost.tags) as tag)[:50],
    last_contact = greatest(contact.last_contact, lost.last_contact),
    next_follow_up = least(contact.next_follow_up, lost.next_follow_up),
    notes = left(concat_ws(E'\n\n', contact.notes, lost.notes), 10000),
    metadata = case when app.is_readable_json(lost.metadata || contact.metadata, 'object', 16384, 8)
      then lost.metadata || contact.metadata else contact.metadata end
  where contact.organization_id = merge_contacts.organization_id and contact.id = kept;
  perform app.record_event(
    merge_contacts.organization_id, 'customers.merge', 'customers', kept, jsonb_build_object('merged', gone)
  );
end
$$;
grant execute on function app.merge_contacts to service_role;
