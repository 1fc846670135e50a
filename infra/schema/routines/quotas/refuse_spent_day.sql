-- Refuse a caller who has used all API calls of the day, and tell when the next day begins: `resets_at`, and the
-- seconds until then as `retry_after`.
create or replace function app.refuse_spent_day(organization uuid, calls_today bigint, calls_a_day integer, plan text,
  upgrade text) returns void
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
