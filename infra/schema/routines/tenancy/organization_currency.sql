-- An order that names no currency is in its organization's. The service, which belongs to none, is told by the order.
create or replace function app.organization_currency() returns text
language sql stable set search_path = ''
return (select organizations.currency from public.organizations
  where organizations.id = app.organization_with('write'));
grant execute on function app.organization_currency to authenticated, service_role;
