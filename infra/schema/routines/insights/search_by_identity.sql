-- Return the contacts whose phone number, e-mail address or account on a channel equals the text.
create or replace function app.search_by_identity(organization uuid, query text, max integer, number text)
  returns setof uuid
language sql stable rows 5 set search_path = '' as $$
  select known.id from app.search_by_phone(organization, query, max, number) as known (id)
  union
  select identity.customer_id from public.customer_identities as identity
  where identity.organization_id = organization
    and (identity.kind, identity.value) in (
      ('email', lower(app.clean_email(query))),
      ('whatsapp', lower(btrim(query))), ('facebook', lower(btrim(query))), ('instagram', lower(btrim(query)))
    )
$$;
