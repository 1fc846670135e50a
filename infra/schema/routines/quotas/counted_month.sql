-- Return the month in which a moment is counted.
create or replace function app.counted_month(organization public.organizations, moment timestamptz) returns text
language sql stable set search_path = ''
return to_char(
  moment at time zone case when organization.counting_until > moment then organization.counting_timezone
    else organization.timezone end,
  'YYYY-MM'
);
grant execute on function app.counted_month to authenticated, service_role;
