-- Refuse a key with more scopes than the plan allows when the key is made. A lower plan later is seen at each call.
create or replace function app.check_key_scopes() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  plan record;
begin
  select plans.* into plan
  from public.organizations join public.plans on plans.code = organizations.plan_code
  where organizations.id = new.organization_id;
  if not new.scopes <@ plan.scopes then
    perform app.refuse(403, 'plan_limit_exceeded',
      format('the %s plan allows the scopes %s. %s', plan.code, array_to_string(plan.scopes, ', '), plan.upgrade),
      jsonb_build_object('resource', 'scopes', 'current', new.scopes, 'limit', plan.scopes, 'plan', plan.code,
        'upgrade', plan.upgrade));
  end if;
  return new;
end
$$;
