-- Admission remembers the organization under a setting for each right, so that what every policy asks is one look at a
-- setting, and looks its rows up one by one, which costs less than joining them. Nobody may do more or less than before.

-- What every policy compares with (0004, 0027). A transaction that app.admit has let in remembers the organization in
-- app.admitted_<right> for each right that the caller holds there; others, as a managed PostgREST's, ask the rows.
create or replace function app.organization_with(required text) returns uuid
language sql stable
return coalesce(
  nullif(current_setting('app.admitted_' || organization_with.required, true), '')::uuid,
  app.organization_claimed(organization_with.required)
);

-- As in 0027: refuses a caller whose right to `required` has ended or never was, and says why; answers the plan's daily API
-- calls, or null where nothing is required. `settings` are only there to be set before this is called.
create or replace function app.admit(required text, claims text, calls_today bigint, variadic settings text[]) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  told jsonb := claims::jsonb;
  organization uuid;
  alive boolean;
  shown text[];  -- What a refusal says the credential holds.
  held text[] := '{}';
  plan text;
  ceiling text[];
  upgrade text;
  calls_a_day integer;
  remembered text;
begin
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
        perform app.refuse(403, 'no_organization',
          'this account belongs to no organization: call organization-create, then refresh the token');
      end if;
    end if;
    select organizations.plan_code into plan from public.organizations where organizations.id = organization;
    select plans.scopes, plans.upgrade, plans.max_api_calls_day into ceiling, upgrade, calls_a_day
    from public.plans where plans.code = plan;
    if told ->> 'org_role' = 'agent' then
      if not required = any (ceiling) and required <> 'manage' then
        perform app.refuse(403, 'plan_limit_exceeded',
          format('the %s plan does not include the scope %s. %s', plan, required, upgrade),
          jsonb_build_object('resource', 'scopes', 'current', required, 'limit', ceiling, 'plan', plan, 'upgrade', upgrade));
      end if;
      held := array_remove(array[
        case when 'read' = any (shown) and 'read' = any (ceiling) and told -> 'agent_scopes' ? 'read' then 'read' end,
        case when 'write' = any (shown) and 'write' = any (ceiling) and told -> 'agent_scopes' ? 'write' then 'write' end,
        case when 'admin' = any (shown) and 'admin' = any (ceiling) and told -> 'agent_scopes' ? 'admin' then 'admin' end], null);
    else
      held := case when shown[1] in ('owner', 'admin') then '{read,write,admin,manage}' else '{read,write}' end;
    end if;
    if not required = any (held) then
      perform app.refuse(403, 'insufficient_scope',
        format('this call needs %s; the credential holds %s', required, array_to_string(shown, ', ')),
        jsonb_build_object('required', required, 'granted', shown));
    end if;
    if calls_today > calls_a_day then
      perform app.refuse(403, 'plan_limit_exceeded',
        format('the %s plan allows %s API calls a day. %s', plan, calls_a_day, upgrade),
        jsonb_build_object('resource', 'api_calls', 'current', calls_today, 'limit', calls_a_day, 'plan', plan, 'upgrade', upgrade));
    end if;
  end if;
  -- For app.organization_with, until the transaction ends; whoever enters it again is remembered in place of the former.
  remembered := set_config('app.admitted_read', case when 'read' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_write', case when 'write' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_admin', case when 'admin' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_manage', case when 'manage' = any (held) then organization::text else '' end, true);
  return calls_a_day;
end
$$;
