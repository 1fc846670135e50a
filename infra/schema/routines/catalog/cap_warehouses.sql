-- Refuse more warehouses than the plan allows. This runs after the statement: row level security has refused a foreign
-- organization before its plan is read.
create or replace function app.cap_warehouses() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  owner record;
  held bigint;
begin
  for owner in
    -- The lock makes the cap exact when two warehouses are made at once.
    select organizations.id, plans.code as plan, plans.max_warehouses as cap, plans.upgrade
    from public.organizations
    join public.plans on plans.code = organizations.plan_code
    where organizations.id in (select added_rows.organization_id from added_rows)
    order by organizations.id
    for no key update of organizations
  loop
    select count(*) into held from public.warehouses where warehouses.organization_id = owner.id;
    if held > owner.cap then
      perform app.refuse(403, 'plan_limit_exceeded',
        format('the %s plan allows %s warehouses. %s', owner.plan, owner.cap, owner.upgrade),
        jsonb_build_object('resource', 'warehouses', 'current', owner.cap, 'limit', owner.cap, 'plan', owner.plan,
          'upgrade', owner.upgrade));
    end if;
  end loop;
  return null;
end
$$;
