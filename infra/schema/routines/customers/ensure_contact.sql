-- Return the contact to whom these accounts or this phone number belong, and create it where there is none; null where
-- the plan allows no more contacts. `accounts` are the channel's ids of the person, the best known first. Numbers are
-- compared by what their forms have in common.
create or replace function app.ensure_contact(
  organization_id uuid, channel text, accounts text[], phone text, name text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  contact uuid;
begin
  select identity.customer_id into contact
  from public.customer_identities as identity
  where identity.organization_id = ensure_contact.organization_id
    and (
      (identity.kind = ensure_contact.channel and identity.value = any (ensure_contact.accounts))
      or (identity.kind = 'phone' and identity.value = app.phone_key(ensure_contact.phone))
    )
  order by identity.kind = 'phone', identity.created_at
  limit 1;
  if contact is null then
    begin
      insert into public.customers (organization_id, first_name, phone_number, phone_raw, lead_source_id)
      values (
        ensure_contact.organization_id,
          left(coalesce(nullif(btrim(ensure_contact.name), ''), ensure_contact.phone), 200),
        ensure_contact.phone, ensure_contact.phone,
        (
          select source.id from public.lead_sources as source
          where source.organization_id = ensure_contact.organization_id
            and app.fold(source.name) = ensure_contact.channel
        )
      )
      returning id into contact;
    exception when sqlstate 'PT403' then
      return null;
    end;
  end if;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select ensure_contact.organization_id, contact, ensure_contact.channel, account
  from unnest(ensure_contact.accounts) as account
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  return contact;
end
$$;
