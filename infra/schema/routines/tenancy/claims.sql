-- Entering a transaction and asking who calls, at less cost: what is asked for every table of every statement is
-- written so that Postgres puts its body in its place (one expression in standard SQL, no settings of its own, no
-- owner's rights), and only what reads the caller's rows is a function that is called. Nobody may do more or less
-- than before.
create or replace function app.claims() returns jsonb
language sql stable
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
grant execute on function app.claims to anon, authenticated, service_role;
