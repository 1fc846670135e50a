-- What each organization has used of its plan; counted and capped in the transaction of the write, whatever surface it came by.

create table public.usage_counters (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  resource text not null check (resource in ('contacts', 'orders', 'messages', 'api_calls')),
  period text not null check (period ~ '^(total|\d{4}-\d{2}(-\d{2})?)$'),
  used bigint not null check (used >= 0),
  updated_at timestamptz not null default now(),
  primary key (organization_id, resource, period)
);
comment on table public.usage_counters is 'Usage against the plan.';
comment on column public.usage_counters.period is 'total, a month (2026-11) or a day (2026-11-21) in the organization''s time zone.';

alter table public.usage_counters enable row level security;
alter table public.usage_counters force row level security;
create policy usage_counters_select on public.usage_counters for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.usage_counters to authenticated;
grant select, insert, update, delete on public.usage_counters to service_role;

-- Adds to the counters of one organization and refuses what the plan does not allow. The counter's row lock makes
-- the cap exact: of two writers at the limit, the second waits for the first and is refused.
create function app.add_usage(organization_id uuid, resource text, added bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  plan record;
  cap integer;
  capped_period text;
  now_used bigint;
begin
  select plans.*, to_char(now() at time zone organizations.timezone, 'YYYY-MM') as month
  into plan
  from public.organizations
  join public.plans on plans.code = organizations.plan_code
  where organizations.id = add_usage.organization_id;
  case add_usage.resource
    when 'contacts' then cap := plan.max_contacts; capped_period := 'total';
    when 'orders' then
      cap := plan.max_orders;
      capped_period := case plan.orders_period when 'total' then 'total' else plan.month end;
    when 'messages' then cap := plan.max_messages_month; capped_period := plan.month;
  end case;
  insert into public.usage_counters as counter (organization_id, resource, period, used)
  select add_usage.organization_id, add_usage.resource, period, greatest(added, 0)
  from unnest(array['total', plan.month]) as period
  where period = 'total' or add_usage.resource <> 'contacts'
  on conflict on constraint usage_counters_pkey
  do update set used = greatest(counter.used + added, 0), updated_at = now();
  if added > 0 and cap is not null then
    select used into now_used
    from public.usage_counters as counter
    where counter.organization_id = add_usage.organization_id
      and counter.resource = add_usage.resource and counter.period = capped_period;
    if now_used > cap then
      perform app.refuse(403, 'plan_limit_exceeded',
        format('the %s plan allows %s %s%s. %s', plan.code, cap, add_usage.resource,
          case capped_period when 'total' then '' else ' a month' end, plan.upgrade),
        jsonb_build_object('resource', add_usage.resource, 'current', now_used - added, 'limit', cap, 'plan', plan.code, 'upgrade', plan.upgrade));
    end if;
  end if;
end
$$;

-- Statement triggers with transition tables `added_rows` and `removed_rows`; the argument names the resource.
create function app.count_added() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(added_rows.organization_id, tg_argv[0], count(*))
  from added_rows group by added_rows.organization_id;
  return null;
end
$$;
create function app.count_removed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(removed_rows.organization_id, tg_argv[0], -count(*))
  from removed_rows
  -- An organization that is being deleted takes its counters with it.
  where exists (select from public.organizations where organizations.id = removed_rows.organization_id)
  group by removed_rows.organization_id;
  return null;
end
$$;
