-- Return what machines call the person, in every spelling: numbers, addresses, ids of channels, and what the contacts
-- and conversations themselves say.
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
grant execute on function app.names_of to authenticated;
