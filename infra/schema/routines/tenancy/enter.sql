-- Opens every transaction of ours (0004). The settings are made while the arguments are: with the caller's rights, which
-- the role needs, and before anything is looked up.
create or replace function app.enter(role text, claims text, headers text, required text, calls_today bigint) returns integer
language sql volatile
return app.admit(
  enter.required, enter.claims, enter.calls_today,
  set_config('role', enter.role, true),
  set_config('request.jwt.claims', enter.claims, true),
  set_config('request.headers', enter.headers, true)
);
grant execute on function app.enter to authenticator;
