-- Rights end with their ground: whoever was banned, deleted or signed out is refused by the next statement on every surface,
-- as revoked keys and removed members are. A refusal for want of a scope says what the token holds and what would help.

-- The code of a refusal where the account behind the claims does not stand, or the session that they belong to has ended;
-- null where both stand. Claims without a session, as of agents and of tokens that an operator makes, ask for the account alone.
create function app.account_fault(claims jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  account uuid := claims ->> 'sub';
  banned_until timestamptz;
begin
  select users.banned_until into banned_until
  from auth.users where users.id = account and users.deleted_at is null;
  if not found then
    return 'account_gone';
  end if;
  if banned_until > now() then
    return 'account_banned';
  end if;
  if claims ->> 'session_id' is not null then
    perform from auth.sessions as session
    where session.id = (claims ->> 'session_id')::uuid and session.user_id = account
      and (session.not_after is null or session.not_after > now());
    if not found then
      return 'session_ended';
    end if;
  end if;
  return null;
end
$$;

-- As in 0027, for whoever app.admit has not let in; and nowhere for an account that does not stand.
create or replace function app.organization_claimed(required text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  organization uuid;
begin
  if claims ->> 'sub' is null or app.account_fault(claims) is not null then
    return null;
  end if;
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

create function app.refuse_fallen_account(fault text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if fault = 'session_ended' then
    perform app.refuse(401, 'session_ended', 'the session of this token has ended: sign in again');
  elsif fault = 'account_banned' then
    perform app.refuse(403, 'account_banned', 'the account is banned: ask an administrator');
  else
    perform app.refuse(403, 'account_gone', 'the account of this token does not exist any more');
  end if;
end
$$;

-- Says why the scope is missing, what the credential holds (`granted`), and in `remedy` what would help: exchange_again,
-- ask_for_a_key or ask_an_owner.
create function app.refuse_scope(required text, held text[], key_scopes text[], role text) returns void
language plpgsql immutable set search_path = '' as $$
declare
  message text;
  remedy text;
begin
  if role is not null then
    remedy := 'ask_an_owner';
    message := format('this call needs %s, which the role %s does not give: ask an owner or admin of the organization', required, role);
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

-- As in 0037, and nobody whose account or session has ended is let in, whatever is required.
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
      if told ->> 'org_role' = 'agent' then
        perform app.refuse_scope(required, held, shown, null);
      else
        perform app.refuse_scope(required, held, null, shown[1]);
      end if;
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

-- As in 0004, for people who have said who they are.
create or replace function app.create_organization(organization_name text, timezone text, country text, currency text)
returns public.organizations
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  owner uuid := (claims ->> 'sub')::uuid;
  is_anonymous boolean;
  made public.organizations;
begin
  if owner is null or claims ->> 'org_role' = 'agent' then
    perform app.refuse(403, 'forbidden', 'only a signed-in person makes an organization; an agent registers with agent-register');
  end if;
  -- The lock on the account makes the count exact when one person makes several at once.
  select users.is_anonymous into is_anonymous from auth.users where users.id = owner for no key update;
  if is_anonymous then
    perform app.refuse(403, 'anonymous_account', 'an anonymous account owns no organization: give it an e-mail address with PUT /auth/v1/user first');
  end if;
  if (select count(*) from public.organization_members where user_id = owner and role = 'owner') >= 10 then
    perform app.refuse(409, 'too_many_organizations', 'one person owns at most 10 organizations: talk to sales about more', '{"limit": 10}');
  end if;
  insert into public.organizations (name, timezone, country, currency)
  values (organization_name, create_organization.timezone, create_organization.country, create_organization.currency)
  returning * into made;
  insert into public.organization_members (organization_id, user_id, role) values (made.id, owner, 'owner');
  update auth.users
  set raw_app_meta_data = raw_app_meta_data || jsonb_build_object('organization_id', made.id)
  where id = owner;
  return made;
end
$$;
