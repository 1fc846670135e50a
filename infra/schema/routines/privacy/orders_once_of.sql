-- Return every order that is or once was theirs, deleted ones too.
create or replace function app.orders_once_of(organization uuid, people uuid[]) returns uuid[]
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
grant execute on function app.orders_once_of to authenticated;
