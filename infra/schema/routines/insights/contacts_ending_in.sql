-- Return contacts whose phone number ends in these digits.
create or replace function app.contacts_ending_in(organization uuid, digits text, max integer) returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  tokens bigint[];
begin
  if length(digits) >= 4 then
    tokens := array[hashtextextended(
      's' || right(digits, case when length(digits) >= 8 then 8 else 4 end),
        pg_catalog.uuid_hash_extended(organization, 0)
    )];
    return query
    select contact.id
    from app.search_rows(organization, 'contact', tokens, tokens, tokens, 1000) as found (id)
    join public.customers as contact on contact.organization_id = organization and contact.id = found.id
    where exists (
      select from unnest(app.phone_forms(contact.phone_number)) as form where form like '%' || digits
    )
    limit max;
  end if;
end
$$;
