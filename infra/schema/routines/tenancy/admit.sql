-- Refuse a caller whose right to `required` has ended or never was, and say why; return the plan's daily API calls,
-- or null where nothing is required. `settings` are only there to be set before this is called.
create or replace function app.admit(required text, claims text, calls_today bigint, variadic settings text[])
  returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  told jsonb := claims::jsonb;
  fault text;
  organization uuid;
  alive boolean;
  shown text[];  -- The key's scopes, or the member's role.
  held text[] := '{}';
  plan text;
  ceiling text[];
  upgrade text;
  calls_a_day integer;
  remembered text;
begin
  if told ->> 'role' = 'authenticated' then
    fault := app.account_fault(told);
    if fault is not null then
      perform app.refuse_fallen_account(fault);
    end if;
  end if;
  if required is not null and told ->> 'role' is distinct from 'service_role' then
    if told ->> 'org_role' = 'agent' then
      organization := told ->> 'organization_id';
      select key.is_active and (key.expires_at is null or key.expires_at > now()), key.scopes into alive, shown
      from public.agent_api_keys as key
      where key.id = (told ->> 'key_id')::uuid and key.organization_id = organization;
      if alive is not true then
        perform app.refuse(401, 'key_revoked',
          'the API key behind this token was revoked or has expired: ask an owner or admin for a new key');
      end if;
    else
      organization := told -> 'app_metadata' ->> 'organization_id';
      select array[member.role] into shown
      from public.organization_members as member
      where member.organization_id = organization and member.user_id = (told ->> 'sub')::uuid;
      if shown is null then
        perform app.refuse_outsider((told ->> 'sub')::uuid, was_named => organization is not null);
      end if;
    end if;
    select organizations.plan_code into plan from public.organizations where organizations.id = organization;
    select plans.scopes, plans.upgrade, plans.max_api_calls_day into ceiling, upgrade, calls_a_day
    from public.plans where plans.code = plan;
    if told ->> 'org_role' = 'agent' then
      if not required = any (ceiling) and required <> 'manage' then
        perform app.refuse(403, 'plan_limit_exceeded',
          format('the %s plan does not include the scope %s. %s', plan, required, upgrade),
          jsonb_build_object('resource', 'scopes', 'current', required, 'limit', ceiling, 'plan', plan, 'upgrade',
            upgrade));
      end if;
      held := array_remove(array[
        case when 'read' = any (shown) and 'read' = any (ceiling) and told -> 'agent_scopes' ? 'read' then 'read' end,
        case when 'write' = any (shown) and 'write' = any (ceiling) and told -> 'agent_scopes' ? 'write'
          then 'write' end,
        case when 'admin' = any (shown) and 'admin' = any (ceiling) and told -> 'agent_scopes' ? 'admin'
          then 'admin' end], null);
    else
      held := case when shown[1] in ('owner', 'admin') then '{read,write,admin,manage}' else '{read,write}' end;
    end if;
    if not required = any (held) then
      if told ->> 'org_role' = 'agent' then
        perform app.refuse_scope(required, held, shown, null);
      else
        perform app.refuse_scope(required, held, null, shown[1]);
      end if;
    end if;
    if calls_today > calls_a_day then
      perform app.refuse_spent_day(organization, calls_today, calls_a_day, plan, upgrade);
    end if;
  end if;
  -- For app.organization_with, until the transaction ends; whoever enters it again is remembered in place of the
  -- former.
  remembered := set_config('app.admitted_read', case when 'read' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_write', case when 'write' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_admin', case when 'admin' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_manage', case when 'manage' = any (held) then organization::text else '' end, true);
  return calls_a_day;
end
$$;
grant execute on function app.admit to authenticator;
