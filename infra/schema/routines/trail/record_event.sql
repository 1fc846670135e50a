-- Record one event of the trail. PL/pgSQL plans the statement once for each connection; before Postgres 18 a function
-- in SQL is planned for each call.
create or replace function app.record_event(
  organization_id uuid, action text, entity_type text, entity_id uuid, changes jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
begin
  insert into public.audit_events
    (organization_id, actor_type, actor_id, key_id, action, entity_type, entity_id, changes, request_id)
  values (
    record_event.organization_id,
    case
      when claims ->> 'org_role' = 'agent' then 'agent'
      when claims ->> 'role' = 'service_role' then 'service'
      when claims ->> 'sub' is not null then 'user'
      else 'system'
    end,
    nullif(claims ->> 'sub', '')::uuid,
    nullif(claims ->> 'key_id', '')::uuid,
    record_event.action, record_event.entity_type, record_event.entity_id, record_event.changes, app.request_id()
  );
end
$$;
grant execute on function app.record_event to service_role;
