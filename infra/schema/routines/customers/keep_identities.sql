-- Keep the identities of a contact equal to its columns. Numbers and addresses are compared by what their forms have in
-- common.
create or replace function app.keep_identities() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.customer_identities as identity
    where identity.organization_id = old.organization_id and identity.customer_id = old.id
      and (
        (
          identity.kind = 'phone' and identity.value in (old.phone_number, app.phone_key(old.phone_number))
          and identity.value is distinct from app.phone_key(new.phone_number)
        )
        or (
          identity.kind = 'email' and identity.value in (lower(old.email), lower(app.clean_email(old.email)))
          and identity.value is distinct from lower(new.email)
        )
      );
  end if;
  if new.phone_number is not null then
    perform app.claim_identity(new, 'phone', app.phone_key(new.phone_number));
  end if;
  if new.email is not null then
    perform app.claim_identity(new, 'email', lower(new.email));
  end if;
  return null;
end
$$;
