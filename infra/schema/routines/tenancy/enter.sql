-- Open a transaction of ours: the caller's role, claims and headers until its end, exactly as PostgREST sets them,
-- and admission where the call needs a scope. One statement, so that a read is one round trip. The settings are made
-- while the arguments are: with the caller's rights, which the role needs, and before anything is looked up.
create or replace function app.enter(role text, claims text, headers text, required text, calls_today bigint)
  returns integer
language sql volatile
return app.admit(
  enter.required, enter.claims, enter.calls_today,
  set_config('role', enter.role, true),
  set_config('request.jwt.claims', enter.claims, true),
  set_config('request.headers', enter.headers, true)
);
grant execute on function app.enter to authenticator;
