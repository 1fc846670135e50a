-- Return the scopes that a caller holds: those of a key as far as its plan (`ceiling`) and its token include them; for
-- a person those of the role. Postgres puts the body in its place.
create or replace function app.cap_scopes(shown text[], is_agent boolean, ceiling text[], granted jsonb) returns text[]
language sql immutable parallel safe
return case
  when is_agent then array_remove(array[
    case when 'read' = any (shown) and 'read' = any (ceiling) and granted ? 'read' then 'read' end,
    case when 'write' = any (shown) and 'write' = any (ceiling) and granted ? 'write' then 'write' end,
    case when 'admin' = any (shown) and 'admin' = any (ceiling) and granted ? 'admin' then 'admin' end
  ], null)
  when shown[1] in ('owner', 'admin') then '{read,write,admin,manage}'::text[]
  else '{read,write}'::text[]
end;
