-- Erase a person who is known by a number, address or id of a channel alone: the contact was deleted, or there never
-- was one. What was exported by identity is erased without further conditions.
create or replace function app.erase_person(identity text, without_export boolean)
returns table (customer_id uuid, orders integer, conversations integer, messages integer, files integer,
  trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  organization uuid := app.organization_with('admin');
  names text[] := app.spellings(erase_person.identity);
  contact uuid;
  people uuid[];
begin
  -- Look twice: the first look may have waited for a contact that was merged or erased meanwhile.
  for look in 1..2 loop
    select known.customer_id into contact
    from public.customer_identities as known
    join public.customers as person
      on person.organization_id = known.organization_id and person.id = known.customer_id
    where known.organization_id = organization and ltrim(known.value, '+') = any (names)
    limit 1
    for update of person;
    exit when contact is not null;
  end loop;
  if contact is not null then
    return query select contact, erased.* from app.erase_contact(contact, without_export) as erased;
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('people without a contact ' || organization::text, 0));
  if not without_export and not exists (
    select from public.audit_events as event
    join public.audit_values as kept on kept.organization_id = event.organization_id and kept.event_id = event.id
    where event.organization_id = organization and event.action = 'customer_identities.export'
      and event.created_at > now() - interval '30 days' and app.is_named_in(kept.changes, names)
  ) then
    perform app.refuse(409, 'export_first',
      'export the data with contact-export by the same identity first, '
        'or send without_export if nobody wants them');
  end if;
  select coalesce(array_agg(distinct made_of), '{}') into people
  from unnest(app.deleted_contacts(organization, names)) as gone
  cross join unnest(app.merged_contacts(organization, gone)) as made_of;
  return query select people[1], erased.* from app.erase_known(organization, people[1], people, names) as erased;
end
$$;
grant execute on function app.erase_person to authenticated;
