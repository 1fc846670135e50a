-- Apply a change of number to the contact: the number on record is replaced where it was the old one, and another
-- contact who already has the new number is the same person.
create or replace function app.move_contact_phone(organization_id uuid, contact uuid, previous text, current text)
  returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  holder uuid;
begin
  select identity.customer_id into holder
  from public.customer_identities as identity
  where identity.organization_id = move_contact_phone.organization_id
    and identity.kind = 'phone' and identity.value = app.phone_key(current);
  if holder is not null and holder <> contact then
    perform app.merge_contacts(move_contact_phone.organization_id, contact, holder);
  end if;
  update public.customers as person
  set phone_number = current, phone_raw = current
  where person.organization_id = move_contact_phone.organization_id and person.id = contact
    and (person.phone_number is null or person.phone_number = any (app.phone_forms(previous)));
end
$$;
