-- Return the role of the caller's claims.
create or replace function auth.role() returns text
language sql stable set search_path = ''
return auth.jwt() ->> 'role';
grant execute on function auth.role to anon, authenticated, service_role, supabase_auth_admin;
