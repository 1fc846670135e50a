-- Return the e-mail address of the caller's claims.
create or replace function auth.email() returns text
language sql stable set search_path = ''
return auth.jwt() ->> 'email';
grant execute on function auth.email to anon, authenticated, service_role, supabase_auth_admin;
