-- Return the organization in which the claims' caller may now do what `required` names, by the rows of its key or
-- membership, for whoever app.admit has not admitted; null means in none, also for an account that is gone or banned.
create or replace function app.organization_claimed(required text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  organization uuid;
begin
  if claims ->> 'sub' is null or app.account_fault(claims) is not null then
    return null;
  end if;
  if claims ->> 'org_role' = 'agent' then
    select key.organization_id into organization
    from public.agent_api_keys as key
    join public.organizations on organizations.id = key.organization_id
    join public.plans on plans.code = organizations.plan_code
    where key.id = (claims ->> 'key_id')::uuid
      and key.organization_id = (claims ->> 'organization_id')::uuid
      and key.is_active
      and (key.expires_at is null or key.expires_at > now())
      and required = any (key.scopes)
      and required = any (plans.scopes)
      and claims -> 'agent_scopes' ? required;
  else
    select member.organization_id into organization
    from public.organization_members as member
    where member.organization_id = (claims -> 'app_metadata' ->> 'organization_id')::uuid
      and member.user_id = (claims ->> 'sub')::uuid
      and (required in ('read', 'write') or (required in ('admin', 'manage') and member.role in ('owner', 'admin')));
  end if;
  return organization;
end
$$;
grant execute on function app.organization_claimed to anon, authenticated, service_role;
