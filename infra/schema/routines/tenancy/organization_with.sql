-- Return the organization in which the caller may, right now, do what `required` names: read, write, admin, or
-- manage (what only people who are owner or admin may); null means nowhere. Every policy compares with it, so a
-- revoked key, a removed member or a lower plan shows at once, on every surface and for tokens already issued. A
-- transaction that app.admit has let in remembers the organization in app.admitted_<right> for each right that the
-- caller holds there; others, as a managed PostgREST's, ask the rows.
create or replace function app.organization_with(required text) returns uuid
language sql stable
return coalesce(
  nullif(current_setting('app.admitted_' || organization_with.required, true), '')::uuid,
  app.organization_claimed(organization_with.required)
);
grant execute on function app.organization_with to anon, authenticated, service_role;
