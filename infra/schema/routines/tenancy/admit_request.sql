-- Admit a request where a managed platform serves /rest/v1: its PostgREST calls this before each statement, so that the
-- same callers are refused there: alter role authenticator set pgrst.db_pre_request = 'app.admit_request'.
create or replace function app.admit_request() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims text := nullif(current_setting('request.jwt.claims', true), '');
begin
  -- The transaction is read only for GET and HEAD, and for functions that promise to change nothing.
  if claims::jsonb ->> 'role' = 'authenticated' then
    perform app.admit(
      case current_setting('transaction_read_only') when 'on' then 'read' else 'write' end, claims, null, variadic '{}'
    );
  end if;
end
$$;
grant execute on function app.admit_request to anon, authenticated, service_role;
