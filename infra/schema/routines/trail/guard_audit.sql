-- Refuse to change or delete an event of the trail.
create or replace function app.guard_audit() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Rows leave only with their organization (the cascade runs one trigger level down) or by retention.
  if tg_op = 'DELETE' and (pg_trigger_depth() > 1 or current_setting('app.retention', true) = 'on') then
    return old;
  end if;
  perform app.refuse(403, 'audit_is_append_only', 'audit events are never changed or deleted');
  return null;
end
$$;
