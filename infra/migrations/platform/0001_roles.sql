-- The roles and schemas that a managed Supabase project brings. Applied only where no platform does.

do $$
declare
  wanted record;
begin
  -- Roles belong to the whole cluster: another database of it may have made them already.
  for wanted in
    select *
    from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('supabase_auth_admin', 'nologin noinherit'),
      ('authenticator', 'login noinherit')
    ) as role (name, attributes)
  loop
    begin
      execute format('create role %I %s', wanted.name, wanted.attributes);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end
$$;

-- The login role owns nothing and may do nothing until it has become one of these inside a transaction.
grant anon, authenticated, service_role, supabase_auth_admin to authenticator;
alter role authenticator set statement_timeout = '10s';
alter role authenticator set lock_timeout = '5s';
alter role authenticator set idle_in_transaction_session_timeout = '15s';

create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;

revoke create on schema public from public;
grant usage on schema public to anon, authenticated, service_role;

alter default privileges revoke execute on functions from public;
