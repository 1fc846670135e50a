-- Return whether JSON is of this kind (object, array, list of objects), no longer as text and no deeper than this, and
-- without a number that is too large for a double.
create or replace function app.is_readable_json(value jsonb, kind text, bytes integer, levels integer) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return jsonb_typeof(value) = case kind when 'list of objects' then 'array' else kind end
    and octet_length(value::text) <= bytes
    and not jsonb_path_exists(value, '$.** ? (@ > 1e300 || @ < -1e300)')
    and (kind <> 'list of objects' or not jsonb_path_exists(value, 'strict $[*] ? (@.type() <> "object")'))
    and not jsonb_path_exists(value, format('$.**{%s}', levels + 1)::jsonpath);
end
$$;
grant execute on function app.is_readable_json to anon, authenticated, service_role;
do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'supabase_auth_admin') then
    grant execute on function app.is_readable_json to supabase_auth_admin;
  end if;
end
$$;
