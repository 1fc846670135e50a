-- Return every contact that was merged into this one.
create or replace function app.merged_contacts(organization uuid, contact uuid) returns uuid[]
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
grant execute on function app.merged_contacts to authenticated;
