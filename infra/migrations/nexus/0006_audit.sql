-- Who did what, on whatever surface. Rows are written by triggers in the transaction of the change and never altered.

create table public.audit_events (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  actor_type text not null check (actor_type in ('user', 'agent', 'service', 'system')),
  actor_id uuid,
  key_id uuid,
  action text not null,
  entity_type text not null,
  entity_id uuid,
  changes jsonb not null default '{}',
  request_id text,
  created_at timestamptz not null default now()
);
create index audit_events_list_idx on public.audit_events (organization_id, created_at desc, id desc);
create index audit_events_entity_idx on public.audit_events (organization_id, entity_type, entity_id, created_at);
comment on table public.audit_events is 'Every change of tenant data: who, what, when. Append only.';
comment on column public.audit_events.actor_id is 'The auth user of the person or agent; null for the service and the system.';
comment on column public.audit_events.changes is 'Of an update, each changed column with its values before (from) and after (to); of a delete, the row.';

alter table public.audit_events enable row level security;
alter table public.audit_events force row level security;
create policy audit_events_select on public.audit_events for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.audit_events to authenticated;
grant select on public.audit_events to service_role;

create function app.guard_audit() returns trigger
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
create trigger guard_audit before update or delete on public.audit_events
  for each row execute function app.guard_audit();

create function app.record_event(
  organization_id uuid, action text, entity_type text, entity_id uuid, changes jsonb
) returns void
language sql volatile security definer set search_path = '' as $$
  with caller as (select app.claims() as claims)
  insert into public.audit_events
    (organization_id, actor_type, actor_id, key_id, action, entity_type, entity_id, changes, request_id)
  select
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
  from caller
$$;
grant execute on function app.record_event to service_role;

-- AFTER row trigger. Arguments name columns that the trail leaves out (secrets, and what changes without meaning).
create function app.audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  before jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) - coalesce(tg_argv, '{}') end;
  after jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) - coalesce(tg_argv, '{}') end;
  subject jsonb := coalesce(after, before);
  organization uuid := coalesce(subject ->> 'organization_id', subject ->> 'id')::uuid;
  changes jsonb := '{}';
begin
  if tg_op = 'DELETE' then
    if not exists (select from public.organizations where id = organization) then
      return null;
    end if;
    changes := before;
  elsif tg_op = 'UPDATE' then
    select coalesce(jsonb_object_agg(field.key, jsonb_build_object('from', before -> field.key, 'to', field.value)), '{}')
    into changes
    from jsonb_each(after) as field
    where field.key <> 'updated_at' and field.value is distinct from before -> field.key;
    if changes = '{}' then
      return null;
    end if;
  end if;
  perform app.record_event(
    organization, tg_table_name || '.' || lower(tg_op), tg_table_name, (subject ->> 'id')::uuid, changes
  );
  return null;
end
$$;

create trigger audit after insert or update on public.organizations
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.organization_members
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.agent_accounts
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.agent_api_keys
  for each row execute function app.audit('key_hash', 'last_used_at');

-- Attempts that belong to no organization yet, or to none that may be named: registrations and key exchanges.
create table public.access_attempts (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('agent_register', 'agent_auth')),
  outcome text not null check (outcome in ('admitted', 'registered', 'exchanged', 'refused', 'rate_limited')),
  subject text,
  ip_hash text not null,
  organization_id uuid,
  request_id text,
  created_at timestamptz not null default now()
);
create index access_attempts_ip_hash_idx on public.access_attempts (kind, ip_hash, created_at);
create index access_attempts_subject_idx on public.access_attempts (kind, subject, created_at);
comment on table public.access_attempts is 'Every registration and key exchange, refused ones too. Only the service reads it.';
comment on column public.access_attempts.subject is 'Keyed hash of the owner e-mail, or the key prefix.';
alter table public.access_attempts enable row level security;
alter table public.access_attempts force row level security;
grant select, insert, delete, update (outcome, organization_id) on public.access_attempts to service_role;

-- Records an attempt and answers after how many seconds it may be made; 0 means now. The locks make the count exact under
-- a burst; attempts that were told to wait do not lengthen the wait.
create function app.record_attempt(
  kind text, subject text, ip_hash text, per_ip integer, ip_window interval, per_subject integer, subject_window interval
) returns table (id bigint, retry_after integer, limited_by text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  ip_wait interval;
  subject_wait interval;
begin
  perform pg_advisory_xact_lock(hashtextextended(record_attempt.kind || ' ip ' || record_attempt.ip_hash, 0));
  select min(attempt.created_at) + ip_window - now() into ip_wait
  from (
    select created_at from public.access_attempts as counted
    where counted.kind = record_attempt.kind and counted.ip_hash = record_attempt.ip_hash
      and counted.created_at > now() - ip_window and counted.outcome <> 'rate_limited'
    order by created_at desc limit per_ip
  ) as attempt
  having count(*) >= per_ip;
  if per_subject is not null then
    perform pg_advisory_xact_lock(hashtextextended(record_attempt.kind || ' subject ' || record_attempt.subject, 0));
    select min(attempt.created_at) + subject_window - now() into subject_wait
    from (
      select created_at from public.access_attempts as counted
      where counted.kind = record_attempt.kind and counted.subject = record_attempt.subject
        and counted.created_at > now() - subject_window and counted.outcome <> 'rate_limited'
      order by created_at desc limit per_subject
    ) as attempt
    having count(*) >= per_subject;
  end if;
  retry_after := ceil(extract(epoch from greatest(ip_wait, subject_wait, interval '0')));
  limited_by := case when retry_after = 0 then null when subject_wait is not distinct from greatest(ip_wait, subject_wait) then 'owner_email' else 'ip' end;
  insert into public.access_attempts (kind, subject, ip_hash, request_id, outcome)
  values (record_attempt.kind, record_attempt.subject, record_attempt.ip_hash, app.request_id(), case when retry_after > 0 then 'rate_limited' else 'admitted' end)
  returning access_attempts.id into id;
  return next;
end
$$;
grant execute on function app.record_attempt to service_role;
