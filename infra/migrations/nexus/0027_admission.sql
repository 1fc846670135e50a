-- Entering a transaction and asking who calls, at less cost: what is asked for every table of every statement is written so
-- that Postgres puts its body in its place (one expression in standard SQL, no settings of its own, no owner's rights),
-- and only what reads the caller's rows is a function that is called. Nobody may do more or less than before.

create or replace function app.claims() returns jsonb
language sql stable
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

create or replace function app.request_id() returns text
language sql stable
return nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id';

-- The organization in which the claims' caller may, right now, do what `required` names, by the rows of its key or
-- membership; null means: nowhere.
create function app.organization_claimed(required text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  organization uuid;
begin
  if claims ->> 'org_role' = 'agent' then
    select key.organization_id into organization
    from public.agent_api_keys as key
    join public.organizations on organizations.id = key.organization_id
    join public.plans on plans.code = organizations.plan_code
    where key.id = (claims ->> 'key_id')::uuid
      and key.organization_id = (claims ->> 'organization_id')::uuid
      and key.is_active
      and (key.expires_at is null or key.expires_at > now())
      and required = any (key.scopes)
      and required = any (plans.scopes)
      and claims -> 'agent_scopes' ? required;
  else
    select member.organization_id into organization
    from public.organization_members as member
    where member.organization_id = (claims -> 'app_metadata' ->> 'organization_id')::uuid
      and member.user_id = (claims ->> 'sub')::uuid
      and (required in ('read', 'write') or (required in ('admin', 'manage') and member.role in ('owner', 'admin')));
  end if;
  return organization;
end
$$;
grant execute on function app.organization_claimed to anon, authenticated, service_role;

-- What every policy compares with (0004). A transaction that app.admit has let in remembers what was found there as
-- "<hash of the claims> <organization> <scope> ...", so that only others ask the rows again.
create or replace function app.organization_with(required text) returns uuid
language sql stable
return case
  when split_part(current_setting('app.admitted', true), ' ', 1)
    = hashtextextended(current_setting('request.jwt.claims', true), 0)::text
  then case
    when organization_with.required = any (string_to_array(current_setting('app.admitted', true), ' '))
    then split_part(current_setting('app.admitted', true), ' ', 2)::uuid
  end
  else app.organization_claimed(organization_with.required)
end;

create or replace function app.organization_id() returns uuid
language sql stable
return app.organization_with('read');

-- Refuses a caller whose right to `required` has ended or never was, and says why; answers the plan's daily API calls, or
-- null where nothing is required. `settings` are only there to be set before this is called.
create function app.admit(required text, claims text, calls_today bigint, variadic settings text[]) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  told jsonb;
  held record;
  remembered text;
begin
  if required is null then
    return null;
  end if;
  told := claims::jsonb;
  if told ->> 'role' = 'service_role' then
    return null;
  end if;
  if told ->> 'org_role' = 'agent' then
    select
      key.organization_id, key.is_active and (key.expires_at is null or key.expires_at > now()) as alive,
      required = any (key.scopes) and told -> 'agent_scopes' ? required as granted,
      key.scopes as scopes, plans.scopes as ceiling, plans.code as plan, plans.upgrade, plans.max_api_calls_day
    into held
    from public.agent_api_keys as key
    join public.organizations on organizations.id = key.organization_id
    join public.plans on plans.code = organizations.plan_code
    where key.id = (told ->> 'key_id')::uuid and key.organization_id = (told ->> 'organization_id')::uuid;
    if held is null or not held.alive then
      perform app.refuse(401, 'key_revoked',
        'the API key behind this token was revoked or has expired: ask an owner or admin for a new key');
    end if;
    remembered := concat_ws(' ',
      case when 'read' = any (held.scopes) and 'read' = any (held.ceiling) and told -> 'agent_scopes' ? 'read' then 'read' end,
      case when 'write' = any (held.scopes) and 'write' = any (held.ceiling) and told -> 'agent_scopes' ? 'write' then 'write' end,
      case when 'admin' = any (held.scopes) and 'admin' = any (held.ceiling) and told -> 'agent_scopes' ? 'admin' then 'admin' end);
  else
    select
      member.organization_id,
      required in ('read', 'write') or (required in ('admin', 'manage') and member.role in ('owner', 'admin')) as granted,
      array[member.role] as scopes, '{read,write,admin,manage}'::text[] as ceiling,
      plans.code as plan, plans.upgrade, plans.max_api_calls_day
    into held
    from public.organization_members as member
    join public.organizations on organizations.id = member.organization_id
    join public.plans on plans.code = organizations.plan_code
    where member.organization_id = (told -> 'app_metadata' ->> 'organization_id')::uuid
      and member.user_id = (told ->> 'sub')::uuid;
    if held is null then
      perform app.refuse(403, 'no_organization',
        'this account belongs to no organization: call organization-create, then refresh the token');
    end if;
    remembered := case when held.scopes[1] in ('owner', 'admin') then 'read write admin manage' else 'read write' end;
  end if;
  if not required = any (held.ceiling) and required <> 'manage' then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan does not include the scope %s. %s', held.plan, required, held.upgrade),
      jsonb_build_object('resource', 'scopes', 'current', required, 'limit', held.ceiling, 'plan', held.plan, 'upgrade', held.upgrade));
  end if;
  if not held.granted then
    perform app.refuse(403, 'insufficient_scope',
      format('this call needs %s; the credential holds %s', required, array_to_string(held.scopes, ', ')),
      jsonb_build_object('required', required, 'granted', held.scopes));
  end if;
  if calls_today > held.max_api_calls_day then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows %s API calls a day. %s', held.plan, held.max_api_calls_day, held.upgrade),
      jsonb_build_object('resource', 'api_calls', 'current', calls_today, 'limit', held.max_api_calls_day, 'plan', held.plan, 'upgrade', held.upgrade));
  end if;
  -- For app.organization_with, until the transaction ends.
  remembered := set_config('app.admitted', concat_ws(' ', hashtextextended(claims, 0), held.organization_id, remembered), true);
  return held.max_api_calls_day;
end
$$;
grant execute on function app.admit(text, text, bigint, text[]) to authenticator;

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

-- squawk-ignore ban-drop-function
drop function app.admit(text, bigint);
