-- Add to the claims of an access token the organization, the role held in it now, its time zone, and the zone that
-- the day of API calls is counted in where that is another: the custom access token hook of Supabase Auth.
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
do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'supabase_auth_admin') then
    grant execute on function app.custom_access_token_hook to supabase_auth_admin;
  end if;
end
$$;
