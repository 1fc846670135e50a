-- Refuse a caller without the scope: because of the plan, of the key or token, or of the person's role.
create or replace function app.refuse_missing_scope(
  required text, held text[], shown text[], is_agent boolean, plan text, ceiling text[], upgrade text
) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if is_agent and not required = any (ceiling) and required <> 'manage' then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan does not include the scope %s. %s', plan, required, upgrade),
      jsonb_build_object('resource', 'scopes', 'current', required, 'limit', ceiling, 'plan', plan, 'upgrade',
        upgrade));
  elsif is_agent then
    perform app.refuse_scope(required, held, shown, null);
  else
    perform app.refuse_scope(required, held, null, shown[1]);
  end if;
end
$$;
