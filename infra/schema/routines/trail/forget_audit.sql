-- Delete the events that are older than the plan's number of days; no other function deletes events.
create or replace function app.forget_audit(most integer) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  gone bigint;
begin
  perform set_config('app.retention', 'on', true);
  with old as (
    select event.organization_id, event.id
    from public.organizations as organization
    join public.plans as plan on plan.code = organization.plan_code
    cross join lateral (
      select audit.organization_id, audit.id
      from public.audit_events as audit
      where audit.organization_id = organization.id
        and audit.created_at < now() - make_interval(days => plan.retention_days)
      order by audit.created_at
      limit forget_audit.most
    ) as event
    where plan.retention_days is not null
    limit forget_audit.most
  ), told as (
    delete from public.audit_values as held
    using old
    where held.organization_id = old.organization_id and held.event_id = old.id
  )
  delete from public.audit_events as audit
  using old
  where audit.organization_id = old.organization_id and audit.id = old.id;
  get diagnostics gone = row_count;
  perform set_config('app.retention', '', true);
  return gone;
end
$$;
grant execute on function app.forget_audit to service_role;
