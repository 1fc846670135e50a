-- Open a transaction: set the caller's role, claims and headers until its end, exactly as PostgREST sets them, and
-- admit the caller where the call needs a scope. It is one statement, so that a read is one round trip. The settings
-- are made while the arguments are computed: with the caller's rights, which the role needs, and before anything is
-- looked up.
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
