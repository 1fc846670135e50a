-- The day of API calls that is running ends when it would have ended, whatever becomes of the organization's time zone: a change
-- gives no second day at once. Days of the new zone are counted from then on.

alter table public.organizations
  add column counting_timezone text check (length(counting_timezone) <= 64),
  add column counting_until timestamptz check (counting_until >= '1900-01-01 00:00:00+00' and counting_until < '2201-01-01 00:00:00+00');
comment on column public.organizations.counting_timezone is 'The zone before the last change, which the day of API calls is counted in until counting_until.';
comment on column public.organizations.counting_until is 'When the day ends that ran when the zone was changed.';
grant select (counting_timezone, counting_until) on public.organizations to authenticated;

create function app.counting_timezone(organization public.organizations) returns text
language sql stable set search_path = ''
return case when organization.counting_until > now() then organization.counting_timezone else organization.timezone end;
grant execute on function app.counting_timezone to authenticated, service_role;

create function app.end_counted_day() returns trigger
language plpgsql set search_path = '' as $$
declare
  counted text := app.counting_timezone(old);
begin
  new.counting_timezone := counted;
  new.counting_until := (date_trunc('day', now() at time zone counted) + interval '1 day') at time zone counted;
  return new;
end
$$;
create trigger end_counted_day before update of timezone on public.organizations
  for each row when (old.timezone is distinct from new.timezone) execute function app.end_counted_day();

-- As in 0070, by the day that is counted.
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
    format('the %s plan allows %s API calls a day. %s', plan, calls_a_day, upgrade),
    jsonb_build_object(
      'resource', 'api_calls', 'current', calls_today, 'limit', calls_a_day, 'plan', plan, 'upgrade', upgrade,
      'resets_at', to_char(resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'retry_after', greatest(1, ceil(extract(epoch from resets_at - now())))::integer
    ));
end
$$;

-- As in 0004, and the zone that the day of API calls is counted in, where that is another.
create or replace function app.custom_access_token_hook(event jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  claims jsonb := event -> 'claims';
  held record;
begin
  select member.organization_id, member.role, organizations.timezone, app.counting_timezone(organizations) as counted
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
  ) - 'organization_timezone' - 'organization_day_timezone';
  if held.organization_id is not null then
    claims := jsonb_set(claims, '{app_metadata}', claims -> 'app_metadata' || jsonb_build_object(
      'organization_id', held.organization_id, 'org_role', held.role
    )) || jsonb_build_object('organization_timezone', held.timezone);
    if held.counted <> held.timezone then
      claims := claims || jsonb_build_object('organization_day_timezone', held.counted);
    end if;
  end if;
  return jsonb_set(event, '{claims}', claims);
end
$$;
