-- Agents, their keys, and the two functions every policy and every transaction stands on.

create table public.agent_accounts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null unique references auth.users (id),
  name text not null check (length(name) between 1 and 100),
  platform text not null check (length(platform) between 1 and 50),
  owner_email text,
  created_at timestamptz not null default now(),
  unique (organization_id, id)
);
create index agent_accounts_list_idx on public.agent_accounts (organization_id, created_at desc, id desc);
comment on table public.agent_accounts is 'An AI agent that works for the organization.';
comment on column public.agent_accounts.user_id is 'The auth user that the agent''s tokens name as their subject.';
comment on column public.agent_accounts.platform is 'What the agent runs on, as it said when it was made.';
comment on column public.agent_accounts.owner_email is 'Who answers for an agent that registered itself.';

create table public.agent_api_keys (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  agent_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  prefix text not null unique check (prefix ~ '^nxs_ak_[A-Za-z0-9]{8}$'),
  key_hash text not null,
  scopes text[] not null check (scopes in ('{read}', '{read,write}', '{read,write,admin}')),
  is_active boolean not null default true,
  expires_at timestamptz,
  last_used_at timestamptz,
  replaced_by uuid,
  created_by uuid references auth.users (id) on delete set null,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  unique (organization_id, id),
  foreign key (organization_id, agent_id) references public.agent_accounts (organization_id, id) on delete cascade,
  foreign key (organization_id, replaced_by) references public.agent_api_keys (organization_id, id) on delete no action
);
create index agent_api_keys_list_idx on public.agent_api_keys (organization_id, created_at desc, id desc);
create index agent_api_keys_agent_idx on public.agent_api_keys (organization_id, agent_id);
create index agent_api_keys_replaced_by_idx on public.agent_api_keys (organization_id, replaced_by);
create index agent_api_keys_created_by_idx on public.agent_api_keys (created_by);
comment on table public.agent_api_keys is 'Keys that agents exchange for one-hour tokens; only a bcrypt hash is kept.';
comment on column public.agent_api_keys.prefix is 'nxs_ak_ and the first eight characters: names the key, opens nothing.';
comment on column public.agent_api_keys.scopes is 'Each scope holds those below it: read, then write, then admin.';
comment on column public.agent_api_keys.replaced_by is 'The key that a rotation made in its place; both work until expires_at.';
comment on column public.agent_api_keys.last_used_at is 'When the key was last exchanged for a token.';

-- The organization in which the caller may, right now, do what `required` names: read, write, admin, or manage (what only
-- people who are owner or admin may). Null means: nowhere. Every policy compares with it, so a revoked key, a removed
-- member or a lower plan shows at once, on every surface and for tokens already issued.
-- A transaction that app.admit has let in remembers, bound to its claims, what it looked up there.
create function app.organization_with(required text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  admitted text[] := string_to_array(current_setting('app.admitted', true), ' ');
  claims jsonb;
  organization uuid;
begin
  if admitted[1] = md5(current_setting('request.jwt.claims', true)) then
    return case when required = any (admitted[3:]) then admitted[2]::uuid end;
  end if;
  claims := app.claims();
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
grant execute on function app.organization_with to anon, authenticated, service_role;

create function app.organization_id() returns uuid
language sql stable set search_path = ''
return app.organization_with('read');
grant execute on function app.organization_id to anon, authenticated, service_role;

-- Refuses a caller whose right to `required` has ended or never was, and says why; answers the plan's daily API calls.
create function app.admit(required text, calls_today bigint) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  held record;
begin
  if claims ->> 'role' = 'service_role' then
    return null;
  end if;
  if claims ->> 'org_role' = 'agent' then
    select
      key.organization_id, key.is_active and (key.expires_at is null or key.expires_at > now()) as alive,
      required = any (key.scopes) and claims -> 'agent_scopes' ? required as granted,
      key.scopes as scopes, plans.scopes as ceiling, plans.code as plan, plans.upgrade, plans.max_api_calls_day,
      array(
        select scope from unnest(key.scopes) as scope
        where scope = any (plans.scopes) and claims -> 'agent_scopes' ? scope
      ) as now_held
    into held
    from public.agent_api_keys as key
    join public.organizations on organizations.id = key.organization_id
    join public.plans on plans.code = organizations.plan_code
    where key.id = (claims ->> 'key_id')::uuid and key.organization_id = (claims ->> 'organization_id')::uuid;
    if held is null or not held.alive then
      perform app.refuse(401, 'key_revoked',
        'the API key behind this token was revoked or has expired: ask an owner or admin for a new key');
    end if;
  else
    select
      member.organization_id,
      required in ('read', 'write') or (required in ('admin', 'manage') and member.role in ('owner', 'admin')) as granted,
      array[member.role] as scopes, '{read,write,admin,manage}'::text[] as ceiling,
      plans.code as plan, plans.upgrade, plans.max_api_calls_day,
      case when member.role in ('owner', 'admin') then '{read,write,admin,manage}' else '{read,write}' end::text[] as now_held
    into held
    from public.organization_members as member
    join public.organizations on organizations.id = member.organization_id
    join public.plans on plans.code = organizations.plan_code
    where member.organization_id = (claims -> 'app_metadata' ->> 'organization_id')::uuid
      and member.user_id = (claims ->> 'sub')::uuid;
    if held is null then
      perform app.refuse(403, 'no_organization',
        'this account belongs to no organization: call organization-create, then refresh the token');
    end if;
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
  perform set_config('app.admitted', concat_ws(' ',
    md5(current_setting('request.jwt.claims')), held.organization_id, array_to_string(held.now_held, ' ')), true);
  return held.max_api_calls_day;
end
$$;
grant execute on function app.admit to anon, authenticated, service_role;

-- Opens every transaction of ours: the caller's role, claims and headers until its end, exactly as PostgREST sets them, and
-- admission where the call needs a scope. One statement, so that a read is one round trip.
create function app.enter(role text, claims text, headers text, required text, calls_today bigint) returns integer
language plpgsql set search_path = '' as $$
begin
  perform
    set_config('role', enter.role, true),
    set_config('request.jwt.claims', enter.claims, true),
    set_config('request.headers', enter.headers, true);
  if required is null then
    return null;
  end if;
  return app.admit(required, calls_today);
end
$$;
grant execute on function app.enter to authenticator;

alter table public.plans enable row level security;
alter table public.plans force row level security;
create policy plans_select on public.plans for select to authenticated
  using ((select app.organization_id()) is not null);
grant select on public.plans to authenticated;
grant select, insert, update, delete on public.plans to service_role;

alter table public.organizations enable row level security;
alter table public.organizations force row level security;
create policy organizations_select on public.organizations for select to authenticated
  using (id = (select app.organization_id()));
create policy organizations_update on public.organizations for update to authenticated
  using (id = (select app.organization_with('manage'))) with check (id = (select app.organization_with('manage')));
grant select, update (name, timezone, country, currency) on public.organizations to authenticated;
grant select, insert, update, delete on public.organizations to service_role;

alter table public.organization_members enable row level security;
alter table public.organization_members force row level security;
create policy organization_members_select on public.organization_members for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.organization_members to authenticated;
grant select, insert, update, delete on public.organization_members to service_role;

alter table public.agent_accounts enable row level security;
alter table public.agent_accounts force row level security;
create policy agent_accounts_select on public.agent_accounts for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.agent_accounts to authenticated;
grant select, insert, update, delete on public.agent_accounts to service_role;

alter table public.agent_api_keys enable row level security;
alter table public.agent_api_keys force row level security;
create policy agent_api_keys_select on public.agent_api_keys for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy agent_api_keys_insert on public.agent_api_keys for insert to authenticated
  with check (organization_id = (select app.organization_with('manage')));
create policy agent_api_keys_update on public.agent_api_keys for update to authenticated
  using (organization_id = (select app.organization_with('manage')))
  with check (organization_id = (select app.organization_with('manage')));
-- key_hash is in no SELECT grant: nobody reads it through an API role.
grant select (id, organization_id, agent_id, name, prefix, scopes, is_active, expires_at, last_used_at, replaced_by, created_by, revoked_at, created_at),
  insert, update (name, is_active, expires_at, replaced_by, revoked_at) on public.agent_api_keys to authenticated;
grant select, insert, update, delete on public.agent_api_keys to service_role;

-- Makes the auth user that an agent's tokens name. It has no password and no e-mail: nobody signs in as it.
create function app.create_agent_user(agent_name text, organization_id uuid) returns uuid
language sql volatile security definer set search_path = '' as $$
  insert into auth.users (id, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  values (
    gen_random_uuid(), 'authenticated', 'authenticated',
    jsonb_build_object('provider', 'agent', 'organization_id', organization_id, 'org_role', 'agent'),
    jsonb_build_object('name', agent_name), now(), now()
  )
  returning id
$$;
grant execute on function app.create_agent_user to service_role;

-- Makes an agent account for a person who manages the organization, up to the plan's number of agents.
create function app.create_agent_account(agent_name text, agent_platform text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization record;
  agents bigint;
  made uuid;
begin
  -- The lock on the organization makes the count exact when two keys are asked for at once.
  select organizations.id, organizations.plan_code as plan, plans.agents_included + organizations.additional_agents as agent_limit, plans.upgrade
  into organization
  from public.organizations
  join public.plans on plans.code = organizations.plan_code
  where organizations.id = app.organization_with('manage')
  for no key update of organizations;
  if organization is null then
    perform app.refuse(403, 'insufficient_scope', 'only an owner or admin of the organization makes agents', '{"required": "manage"}');
  end if;
  select count(distinct key.agent_id) into agents
  from public.agent_api_keys as key
  where key.organization_id = organization.id and key.is_active and (key.expires_at is null or key.expires_at > now());
  if agents >= organization.agent_limit then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows %s agents: revoke the keys of one, or upgrade. %s', organization.plan, organization.agent_limit, organization.upgrade),
      jsonb_build_object('resource', 'agents', 'current', agents, 'limit', organization.agent_limit, 'plan', organization.plan, 'upgrade', organization.upgrade));
  end if;
  insert into public.agent_accounts (organization_id, user_id, name, platform)
  values (organization.id, app.create_agent_user(agent_name, organization.id), agent_name, agent_platform)
  returning id into made;
  return made;
end
$$;
grant execute on function app.create_agent_account to authenticated;

-- A key never holds more than the plan allows when it is made; a lower plan later is seen at each call.
create function app.check_key_scopes() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  plan record;
begin
  select plans.* into plan
  from public.organizations join public.plans on plans.code = organizations.plan_code
  where organizations.id = new.organization_id;
  if not new.scopes <@ plan.scopes then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows the scopes %s. %s', plan.code, array_to_string(plan.scopes, ', '), plan.upgrade),
      jsonb_build_object('resource', 'scopes', 'current', new.scopes, 'limit', plan.scopes, 'plan', plan.code, 'upgrade', plan.upgrade));
  end if;
  return new;
end
$$;
create trigger check_key_scopes before insert or update of scopes on public.agent_api_keys
  for each row execute function app.check_key_scopes();

-- An agent that registers itself: its auth user, a free organization of its own, the account and the first key, or none of them.
create function app.register_agent(
  agent_name text, agent_platform text, owner_email text, organization_name text, key_prefix text, key_hash text
) returns table (organization_id uuid, agent_id uuid, key_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.organizations (name) values (organization_name) returning id into organization_id;
  insert into public.agent_accounts (organization_id, user_id, name, platform, owner_email)
  values (
    register_agent.organization_id, app.create_agent_user(agent_name, register_agent.organization_id),
    agent_name, agent_platform, register_agent.owner_email
  )
  returning id into agent_id;
  insert into public.agent_api_keys (organization_id, agent_id, name, prefix, key_hash, scopes)
  values (register_agent.organization_id, register_agent.agent_id, agent_name, key_prefix, register_agent.key_hash, '{read}')
  returning id into key_id;
  return next;
end
$$;
grant execute on function app.register_agent to service_role;

-- Makes an organization with the calling person as its owner, and makes it the one their next token names.
create function app.create_organization(organization_name text, timezone text, country text, currency text)
returns public.organizations
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  owner uuid := (claims ->> 'sub')::uuid;
  made public.organizations;
begin
  if owner is null or claims ->> 'org_role' = 'agent' then
    perform app.refuse(403, 'forbidden', 'only a signed-in person makes an organization; an agent registers with agent-register');
  end if;
  -- The lock on the account makes the count exact when one person makes several at once.
  perform from auth.users where id = owner for no key update;
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
grant execute on function app.create_organization to authenticated;

-- The custom access token hook of Supabase Auth: adds the organization, the role held in it now, and its time zone.
create function app.custom_access_token_hook(event jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  claims jsonb := event -> 'claims';
  held record;
begin
  select member.organization_id, member.role, organizations.timezone
  into held
  from public.organization_members as member
  join public.organizations on organizations.id = member.organization_id
  where member.user_id = (event ->> 'user_id')::uuid
  order by
    member.organization_id = nullif(claims -> 'app_metadata' ->> 'organization_id', '')::uuid desc nulls last,
    member.created_at
  limit 1;
  claims := jsonb_set(
    claims, '{app_metadata}', coalesce(claims -> 'app_metadata', '{}') - 'organization_id' - 'org_role'
  ) - 'organization_timezone';
  if held.organization_id is not null then
    claims := jsonb_set(claims, '{app_metadata}', claims -> 'app_metadata' || jsonb_build_object(
      'organization_id', held.organization_id, 'org_role', held.role
    )) || jsonb_build_object('organization_timezone', held.timezone);
  end if;
  return jsonb_set(event, '{claims}', claims);
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'supabase_auth_admin') then
    grant usage on schema app to supabase_auth_admin;
    grant execute on function app.custom_access_token_hook to supabase_auth_admin;
  end if;
end
$$;
