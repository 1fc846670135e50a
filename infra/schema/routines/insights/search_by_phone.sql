-- Return contacts whose phone number equals the text, with or without a country code, or ends in it (four digits or
-- more). A whole number is looked up by what its forms have in common, the end of one in each form.
create or replace function app.search_by_phone(organization uuid, phone text, max integer, number text)
  returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  folded text := regexp_replace(app.fold(phone), '^(tel|callto|sms|whatsapp): ?', '');
  digits text := case
    when folded ~ '^[-+0-9 ().\[\]/\\~\u2010-\u2015\u2212]+$' then regexp_replace(folded, '[^0-9]', '', 'g')
  end;
  whole text := coalesce(number, substring(folded from '^\+[1-9][0-9]{6,14}$'));
  known boolean;
begin
  return query
  select identity.customer_id
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.kind = 'phone' and identity.value = app.phone_key(whole)
  limit max;
  known := found;
  if known and ltrim(folded, '([ ') like '+%' then
    return;
  end if;
  return query select app.contacts_ending_in(organization, digits, max);
  if not (known or found) then
    return query select app.contacts_ending_in(organization, coalesce(substr(whole, 2), ltrim(digits, '0')), max);
  end if;
end
$$;
