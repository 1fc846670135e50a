-- Give a row without a currency the currency of its organization.
create or replace function app.adopt_currency() returns trigger
language plpgsql set search_path = '' as $$
begin
  select organizations.currency into new.currency from public.organizations
    where organizations.id = new.organization_id;
  return new;
end
$$;
