-- Refuse a contact that nobody could name or reach. Those that a channel brings have an account there, which is enough.
create or replace function app.check_contact_reachable() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') and not exists (
    select from public.customer_identities as identity
    where identity.organization_id = new.organization_id and identity.customer_id = new.id
      and identity.kind not in ('phone', 'email')
  ) then
    perform app.refuse(422, 'contact_unreachable',
      'a contact needs at least one of first_name, last_name, company, phone and email');
  end if;
  return null;
end
$$;
