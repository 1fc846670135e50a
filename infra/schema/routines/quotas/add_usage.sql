-- Add to the month's counters of one organization and refuse what the plan does not allow. The counter's row lock
-- makes the cap exact: of two writers at the limit, the second waits for the first and is refused.
create or replace function app.add_usage(organization_id uuid, resource text, added bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  plan public.plans;
  month text;
  capped record;
  now_used bigint;
begin
  select plans.* into plan
  from public.organizations
  join public.plans on plans.code = organizations.plan_code
  where organizations.id = add_usage.organization_id;
  select app.counted_month(organizations, now()) into month
  from public.organizations
  where organizations.id = add_usage.organization_id;
  select found.* into capped from app.plan_cap(plan, add_usage.resource) as found;
  insert into public.usage_counters as counter (organization_id, resource, period, used)
  select add_usage.organization_id, add_usage.resource, period, greatest(added, 0)
  from unnest(array['total', month]) as period
  where add_usage.resource in ('orders', 'messages')
    or period = case capped.period when 'month' then month else 'total' end
  on conflict on constraint usage_counters_pkey
  do update set used = greatest(counter.used + added, 0), updated_at = now();
  if added <= 0 or capped.cap is null or (
    add_usage.resource in ('chats', 'storage_bytes', 'trail_bytes')
    and coalesce(app.claims() ->> 'role', '') <> 'authenticated'
  ) then
    return;
  end if;
  select used into now_used from public.usage_counters as counter
  where counter.organization_id = add_usage.organization_id and counter.resource = add_usage.resource
    and counter.period = case capped.period when 'month' then month else 'total' end;
  if now_used > capped.cap then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows %s. %s', plan.code, capped.told, plan.upgrade),
      jsonb_build_object('resource', add_usage.resource, 'current', now_used - added, 'limit', capped.cap, 'plan',
        plan.code, 'upgrade', plan.upgrade));
  end if;
end
$$;
