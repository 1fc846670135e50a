-- Return the claims of the caller. What is called for every table of every statement is written so that Postgres puts
-- its body in its place (one expression in standard SQL, without settings and owner's rights); only what reads the
-- caller's rows is a function that is called.
create or replace function app.claims() returns jsonb
language sql stable
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
grant execute on function app.claims to anon, authenticated, service_role;
