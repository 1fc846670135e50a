-- Merge two contacts into one: the kept one gets what the other had, and what refers to the other.
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
  perform app.add_to_contact(kept, lost);
  perform app.record_event(
    merge_contacts.organization_id, 'customers.merge', 'customers', kept, jsonb_build_object('merged', gone)
  );
end
$$;
grant execute on function app.merge_contacts to service_role;
