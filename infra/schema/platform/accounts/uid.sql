-- Return the account of the caller's claims.
create or replace function auth.uid() returns uuid
language sql stable set search_path = ''
return nullif(auth.jwt() ->> 'sub', '')::uuid;
grant execute on function auth.uid to anon, authenticated, service_role, supabase_auth_admin;
