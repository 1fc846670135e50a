-- Return the deleted contacts of these names, as far as the trail still knows them.
create or replace function app.deleted_contacts(organization uuid, names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct found.id), '{}')
  from (
    select coalesce(kept.customer_id, (event.changes ->> 'customer_id')::uuid) as id
    from public.audit_values as kept
    join public.audit_events as event on event.organization_id = kept.organization_id and event.id = kept.event_id
    where kept.organization_id = deleted_contacts.organization
      and (event.entity_type = 'customers' or event.entity_type = 'customer_identities'
        and event.action not like '%.update')
      and app.is_named_in(kept.changes, names)
  ) as found
  where not exists (
    select from public.customers as person
    where person.organization_id = deleted_contacts.organization and person.id = found.id
  ) and found.id is not null
$$;
grant execute on function app.deleted_contacts to authenticated;
