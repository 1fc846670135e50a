-- Refuse a caller whose right to `required` has ended or never was, and say why; return the plan's daily API calls, or
-- null where nothing is required. `settings` are arguments only so that they are set before this is called.
create or replace function app.admit(required text, claims text, calls_today bigint, variadic settings text[])
  returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  told jsonb := claims::jsonb;
  is_agent boolean := told ->> 'org_role' = 'agent';
  fault text := case when told ->> 'role' = 'authenticated' then app.account_fault(told) end;
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
  if fault is not null then
    perform app.refuse_fallen_account(fault);
  end if;
  if required is not null and told ->> 'role' is distinct from 'service_role' then
    if is_agent then
      organization := told ->> 'organization_id';
      select key.is_active and (key.expires_at is null or key.expires_at > now()), key.scopes into alive, shown
      from public.agent_api_keys as key where key.id = (told ->> 'key_id')::uuid and key.organization_id = organization;
    else
      organization := told -> 'app_metadata' ->> 'organization_id';
      select true, array[member.role] into alive, shown
      from public.organization_members as member
      where member.organization_id = organization and member.user_id = (told ->> 'sub')::uuid;
    end if;
    if alive is not true then
      perform app.refuse_stranger(told, organization);
    end if;
    select organizations.plan_code into plan from public.organizations where organizations.id = organization;
    select plans.scopes, plans.upgrade, plans.max_api_calls_day into ceiling, upgrade, calls_a_day
    from public.plans where plans.code = plan;
    held := app.cap_scopes(shown, is_agent, ceiling, told -> 'agent_scopes');
    if not required = any (held) then
      perform app.refuse_missing_scope(required, held, shown, is_agent, plan, ceiling, upgrade);
    end if;
    if calls_today > calls_a_day then
      perform app.refuse_spent_day(organization, calls_today, calls_a_day, plan, upgrade);
    end if;
  end if;
  remembered := app.remember_admission(held, organization);
  return calls_a_day;
end
$$;
grant execute on function app.admit to authenticator;
