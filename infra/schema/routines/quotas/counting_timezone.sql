-- Return the time zone in which the day of API calls is counted.
create or replace function app.counting_timezone(organization public.organizations) returns text
language sql stable set search_path = ''
return case when organization.counting_until > now() then organization.counting_timezone else organization.timezone end;
grant execute on function app.counting_timezone to authenticated, service_role;
