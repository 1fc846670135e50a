-- Return the organization in which the caller may now do what `required` names: read, write, admin, or manage (only
-- people who are owner or admin); null means in none. Every policy compares with it, so a revoked key, a removed member
-- or a lower plan takes effect at once, on every surface and for tokens already issued. A transaction that app.admit
-- has admitted remembers the organization in app.admitted_<right> for each right that the caller holds there; others,
-- as a managed PostgREST's, look at the rows.
create or replace function app.organization_with(required text) returns uuid
language sql stable
return coalesce(
  nullif(current_setting('app.admitted_' || organization_with.required, true), '')::uuid,
  app.organization_claimed(organization_with.required)
);
grant execute on function app.organization_with to anon, authenticated, service_role;
