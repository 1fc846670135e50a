-- Tenants, and the people who belong to them.

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 200),
  plan_code text not null default 'free' references public.plans (code),
  additional_agents integer not null default 0 check (additional_agents >= 0),
  timezone text not null default 'Africa/Cairo',
  country text not null default 'EG' check (country ~ '^[A-Z]{2}$'),
  currency text not null default 'EGP' check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index organizations_plan_code_idx on public.organizations (plan_code);
comment on table public.organizations is 'A tenant: one business with its own data, members, agents and plan.';
comment on column public.organizations.additional_agents is 'Agents bought beyond those the plan includes.';
comment on column public.organizations.timezone is 'IANA name; days, months and their quotas are counted in it.';
comment on column public.organizations.country is 'ISO 3166-1 alpha-2; phone numbers without a country code are read as its own.';
comment on column public.organizations.currency is 'ISO 4217; the default of new orders.';

-- A CHECK may not ask the time-zone catalogue, so a trigger does.
create function app.check_timezone() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_timezone_names as zone where zone.name = new.timezone) then
    perform app.refuse(422, 'invalid_request', format('%s is not an IANA time zone such as Africa/Cairo', new.timezone));
  end if;
  return new;
end
$$;
create trigger check_timezone before insert or update of timezone on public.organizations
  for each row execute function app.check_timezone();
create trigger touch_updated_at before update on public.organizations
  for each row execute function app.touch_updated_at();

create table public.organization_members (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);
create index organization_members_user_id_idx on public.organization_members (user_id);
comment on table public.organization_members is 'The people of an organization and what they may do in it.';
comment on column public.organization_members.role is 'owner and admin may everything; member may read and write.';
