-- Record that a person's data were exported; return the contact with that identity, or null. Nobody erases the person
-- meanwhile: a kept answer would outlive them. The identity is in the trail's values, which erasing deletes.
create or replace function app.record_person_export(identity text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
  names text[] := app.spellings(record_person_export.identity);
  contact uuid;
begin
  -- Look twice: the first look may have waited for a contact that was merged or erased meanwhile.
  for look in 1..2 loop
    select known.customer_id into contact
    from public.customer_identities as known
    join public.customers as person
      on person.organization_id = known.organization_id and person.id = known.customer_id
    where known.organization_id = organization and ltrim(known.value, '+') = any (names)
    limit 1
    for share of person;
    exit when contact is not null;
  end loop;
  if contact is not null then
    perform app.record_export(contact);
    return contact;
  end if;
  perform pg_advisory_xact_lock_shared(hashtextextended('people without a contact ' || organization::text, 0));
  perform app.record_change(
    organization, 'customer_identities.export', 'customer_identities', 'public.customer_identities'::regclass,
    jsonb_build_object('value', record_person_export.identity), '{"id": null}'
  );
  return null;
end
$$;
grant execute on function app.record_person_export to authenticated;
