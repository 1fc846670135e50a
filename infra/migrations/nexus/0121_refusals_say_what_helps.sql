-- Refusals say what helps: a person whose token names no organization of theirs hears in `remedy` whether to refresh it or to
-- make one; a missing right of an owner is no scope; and a spent day says when it ends.

-- `was_named`: the token names an organization, so the person was removed from it, or it is gone. Nothing else is told of it.
create function app.refuse_outsider(person uuid, was_named boolean) returns void
language plpgsql stable set search_path = '' as $$
declare
  has_another boolean := exists (select from public.organization_members as member where member.user_id = person);
begin
  perform app.refuse(403, 'no_organization',
    case when was_named then 'this account is no member of the organization of its token any more'
      when has_another then 'this account belongs to an organization that its token does not name'
      else 'this account belongs to no organization' end
    || case when has_another and was_named then ', but belongs to another: refresh the token'
      when has_another then ': refresh the token'
      else ': ask an owner or admin of one to add it, or call organization-create; then refresh the token' end,
    jsonb_build_object('remedy', case when has_another then 'refresh_token' else 'organization_create' end));
end
$$;

-- As in 0065, in words for people: what a role lacks is an owner or admin.
create or replace function app.refuse_scope(required text, held text[], key_scopes text[], role text) returns void
language plpgsql immutable set search_path = '' as $$
declare
  message text;
  remedy text;
begin
  if role is not null then
    remedy := 'ask_an_owner';
    message := format('this call needs an owner or admin of the organization, and your role is %s: ask one of them to do it', role);
  elsif required = 'manage' then
    remedy := 'ask_an_owner';
    message := 'only a person who is owner or admin of the organization may do that, and no API key: ask one of them';
  elsif required = any (key_scopes) then
    remedy := 'exchange_again';
    message := format(
      'this call needs %s; this token was narrowed to %s, and its API key holds %s: exchange the key again, with a wider scope or without one',
      required, array_to_string(held, ', '), array_to_string(key_scopes, ', '));
  else
    remedy := 'ask_for_a_key';
    message := format(
      'this call needs %s; the API key behind this token holds %s: ask an owner or admin of the organization for a key with %s',
      required, array_to_string(key_scopes, ', '), required);
  end if;
  perform app.refuse(403, 'insufficient_scope', message,
    jsonb_build_object('required', required, 'granted', held, 'remedy', remedy));
end
$$;

-- As in 0086, and the message says when the next day begins.
create or replace function app.refuse_spent_day(organization uuid, calls_today bigint, calls_a_day integer, plan text, upgrade text) returns void
language plpgsql stable set search_path = '' as $$
declare
  resets_at timestamptz;
begin
  select (date_trunc('day', now() at time zone counted.zone) + interval '1 day') at time zone counted.zone
  into resets_at
  from public.organizations
  cross join lateral (select app.counting_timezone(organizations) as zone) as counted
  where organizations.id = organization;
  perform app.refuse(403, 'plan_limit_exceeded',
    format('the %s plan allows %s API calls a day; the next day begins at %s (UTC). %s', plan, calls_a_day,
      to_char(resets_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), upgrade),
    jsonb_build_object(
      'resource', 'api_calls', 'current', calls_today, 'limit', calls_a_day, 'plan', plan, 'upgrade', upgrade,
      'resets_at', to_char(resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'retry_after', greatest(1, ceil(extract(epoch from resets_at - now())))::integer
    ));
end
$$;

-- As in 0070, but for the refusal of outsiders.
create or replace function app.admit(required text, claims text, calls_today bigint, variadic settings text[]) returns integer
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
  -- For app.organization_with, until the transaction ends; whoever enters it again is remembered in place of the former.
  remembered := set_config('app.admitted_read', case when 'read' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_write', case when 'write' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_admin', case when 'admin' = any (held) then organization::text else '' end, true)
    || set_config('app.admitted_manage', case when 'manage' = any (held) then organization::text else '' end, true);
  return calls_a_day;
end
$$;
