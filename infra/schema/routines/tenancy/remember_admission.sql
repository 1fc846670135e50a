-- Remember what the caller may do, for app.organization_with, until the transaction ends; a second admission replaces
-- the first. Postgres puts the body in its place.
create or replace function app.remember_admission(held text[], organization uuid) returns text
language sql volatile
return set_config('app.admitted_read', case when 'read' = any (held) then organization::text else '' end, true)
  || set_config('app.admitted_write', case when 'write' = any (held) then organization::text else '' end, true)
  || set_config('app.admitted_admin', case when 'admin' = any (held) then organization::text else '' end, true)
  || set_config('app.admitted_manage', case when 'manage' = any (held) then organization::text else '' end, true);
