-- Return the currency of the organization in which the caller may write, for an order that names none; null for the
-- service, which belongs to none.
create or replace function app.organization_currency() returns text
language sql stable set search_path = ''
return (select organizations.currency from public.organizations
  where organizations.id = app.organization_with('write'));
grant execute on function app.organization_currency to authenticated, service_role;
