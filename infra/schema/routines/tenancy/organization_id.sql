-- Return the organization in which the caller may read.
create or replace function app.organization_id() returns uuid
language sql stable
return app.organization_with('read');
grant execute on function app.organization_id to anon, authenticated, service_role;
