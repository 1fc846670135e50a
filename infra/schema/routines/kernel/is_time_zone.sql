-- Return whether Postgres and Python both know the time zone: the names of tzdata 2026f. What is in no list is refused,
-- never UTC (docs/decisions/0028-one-time-zone-database.md). To the planner all of them are one constant.
create or replace function app.is_time_zone(name text) returns boolean
language sql immutable strict parallel safe set search_path = ''
return name = any (
  app.list_american_time_zones() || app.list_african_and_asian_time_zones() || app.list_other_time_zones()
);
grant execute on function app.is_time_zone to authenticated, service_role;
