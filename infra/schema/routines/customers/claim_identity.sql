-- Give one identity to the contact, or refuse and name the contact that has it. Another writer of the same identity is
-- waited for.
create or replace function app.claim_identity(customer public.customers, kind text, value text) returns void
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column -- the conflict target below cannot be qualified
declare
  holder uuid;
begin
  insert into public.customer_identities as identity (organization_id, customer_id, kind, value)
  values (customer.organization_id, customer.id, claim_identity.kind, claim_identity.value)
  on conflict (organization_id, kind, value) do nothing;
  if found then
    return;
  end if;
  select identity.customer_id into holder
  from public.customer_identities as identity
  where identity.organization_id = customer.organization_id
    and identity.kind = claim_identity.kind and identity.value = claim_identity.value;
  if holder is distinct from customer.id then
    perform app.refuse(409, 'contact_exists',
      format('another contact has this %s: update that contact instead', claim_identity.kind),
      jsonb_build_object('contact_id', holder, 'matched_on', claim_identity.kind));
  end if;
end
$$;
