-- Months of orders and messages are counted in the zone that the day is counted in (0086): a change of the organization's time
-- zone on a month's last day begins no other month at once, and what is given back goes to the month that it was taken from.

comment on column public.organizations.counting_timezone is
  'The zone before the last change, which days and months are counted in until counting_until.';

create function app.counted_month(organization public.organizations, moment timestamptz) returns text
language sql stable set search_path = ''
return to_char(
  moment at time zone case when organization.counting_until > moment then organization.counting_timezone else organization.timezone end,
  'YYYY-MM'
);
grant execute on function app.counted_month to authenticated, service_role;

-- As in 0052, by the month that is counted.
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
  where add_usage.resource in ('orders', 'messages') or period = case capped.period when 'month' then month else 'total' end
  on conflict on constraint usage_counters_pkey
  do update set used = greatest(counter.used + added, 0), updated_at = now();
  if added <= 0 or capped.cap is null or (
    add_usage.resource in ('chats', 'storage_bytes', 'trail_bytes')
    and coalesce(app.claims() ->> 'role', '') <> 'authenticated'
  ) then
    return;
  end if;
  select used into now_used
  from public.usage_counters as counter
  where counter.organization_id = add_usage.organization_id and counter.resource = add_usage.resource
    and counter.period = case capped.period when 'month' then month else 'total' end;
  if now_used > capped.cap then
    perform app.refuse(403, 'plan_limit_exceeded', format('the %s plan allows %s. %s', plan.code, capped.told, plan.upgrade),
      jsonb_build_object('resource', add_usage.resource, 'current', now_used - added, 'limit', capped.cap, 'plan', plan.code, 'upgrade', plan.upgrade));
  end if;
end
$$;

-- As in 0021, likewise.
create or replace function app.keep_message_usage() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  change bigint := case when new.state = 'failed' then -1 else 1 end;
begin
  update public.usage_counters as counter
  set used = greatest(counter.used + change, 0), updated_at = now()
  from public.organizations as organization
  where organization.id = new.organization_id and counter.organization_id = new.organization_id
    and counter.resource = 'messages'
    and counter.period in ('total', app.counted_month(organization, new.created_at));
  return null;
end
$$;
