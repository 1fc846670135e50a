-- The trail names what it touched, and lets a person go (docs/decisions/0027-the-trail-and-erasure.md): personal values stand
-- beside it, their salted digest stands in it. Erasing takes the values; the digests, and whatever is chained over them, hold.

alter table public.audit_events
  add column entity_key jsonb,
  add column values_digest text;
comment on column public.audit_events.entity_key is 'What the row is known by where it has no id: its key''s columns.';
comment on column public.audit_events.values_digest is
  'SHA-256, in hexadecimal, of the salt and the personal values that stand in audit_values; without them they were erased.';
comment on column public.audit_events.changes is
  'Of an update, each changed column with its values before (from) and after (to); of a delete, the row. "personal": the value is in audit_values.';

create table public.audit_values (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  event_id uuid not null,
  customer_id uuid,
  salt bytea not null,
  changes jsonb not null,
  primary key (organization_id, event_id)
);
create index audit_values_customer_idx on public.audit_values (organization_id, customer_id);
comment on table public.audit_values is 'The personal values of the trail: erased with their person, while the event stays.';
comment on column public.audit_values.organization_id is 'The organization that the row belongs to.';
comment on column public.audit_values.event_id is 'The event (audit_events.id).';
comment on column public.audit_values.customer_id is 'Whose values they are, as far as the row said.';
comment on column public.audit_values.salt is 'Random: without it nobody can try values against the digest.';
comment on column public.audit_values.changes is 'As in audit_events, the personal columns alone.';
alter table public.audit_values enable row level security;
alter table public.audit_values force row level security;
create policy audit_values_select on public.audit_values for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.audit_values to authenticated, service_role;

-- Columns that say something of a person, by table.
create function app.personal_columns(entity text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return case entity
  when 'customers' then array[
    'first_name', 'last_name', 'email', 'phone_number', 'phone_raw', 'company', 'address', 'shopify_customer_id',
    'customer_label', 'tags', 'notes', 'metadata'
  ]
  when 'customer_identities' then array['value']
  when 'chats' then array[
    'platform_chat_id', 'contact_name', 'contact_phone', 'contact_platform_id', 'last_message', 'metadata', 'referral'
  ]
  when 'messages' then array['content', 'details', 'media_url', 'reactions', 'platform_message_id', 'reply_to', 'error']
  when 'media' then array['file_name', 'sha256']
  when 'orders' then array['shipping_address', 'notes', 'items']
  else '{}'
end;

create function app.values_digest(salt bytea, changes jsonb) returns text
language sql immutable strict parallel safe set search_path = ''
return encode(sha256(salt || convert_to(changes::text, 'UTF8')), 'hex');

create function app.personal_part(entity text, changes jsonb) returns jsonb
language sql immutable set search_path = ''
return (
  select jsonb_object_agg(field.key, field.value)
  from jsonb_each(changes) as field
  where field.key = any (app.personal_columns(entity)) and field.value not in ('null', '[]', '{}')
);

create function app.open_part(personal jsonb, changes jsonb) returns jsonb
language sql immutable set search_path = ''
return changes || (select jsonb_object_agg(name, 'personal'::text) from jsonb_object_keys(personal) as name);

-- One event of a row. `subject` is the row, for what it is known by and whose it is.
create function app.record_change(organization uuid, action text, entity text, relation oid, changes jsonb, subject jsonb)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  event uuid := gen_random_uuid();
  salt bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
  personal jsonb := case when changes <> '{}' then app.personal_part(entity, changes) end;
  keys jsonb;
begin
  if not subject ? 'id' then
    select jsonb_object_agg(part.attname, subject -> part.attname::text) into keys
    from pg_catalog.pg_index as held
    join pg_catalog.pg_attribute as part on part.attrelid = held.indrelid and part.attnum = any (held.indkey)
    where held.indrelid = relation and held.indisprimary and part.attname <> 'organization_id';
  end if;
  insert into public.audit_events
    (id, organization_id, actor_type, actor_id, key_id, action, entity_type, entity_id, entity_key, changes, values_digest,
      request_id)
  values (
    event, organization,
    case
      when claims ->> 'org_role' = 'agent' then 'agent'
      when claims ->> 'role' = 'service_role' then 'service'
      when claims ->> 'sub' is not null then 'user'
      else 'system'
    end,
    nullif(claims ->> 'sub', '')::uuid,
    nullif(claims ->> 'key_id', '')::uuid,
    action, entity, (subject ->> 'id')::uuid, keys,
    case when personal is null then changes else app.open_part(personal, changes) end,
    app.values_digest(salt, personal), app.request_id()
  );
  if personal is not null then
    insert into public.audit_values (organization_id, event_id, customer_id, salt, changes)
    values (
      organization, event,
      case entity
        when 'customers' then (subject ->> 'id')::uuid
        when 'messages' then (
          select chat.customer_id from public.chats as chat
          where chat.organization_id = organization and chat.id = (subject ->> 'chat_id')::uuid
        )
        else (subject ->> 'customer_id')::uuid
      end,
      salt, personal
    );
  end if;
end
$$;

-- As 0006 has it; what it writes is the work of app.record_change.
create or replace function app.audit() returns trigger
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
  perform app.record_change(organization, tg_table_name || '.' || lower(tg_op), tg_table_name, tg_relid, changes, subject);
  return null;
end
$$;

-- Values leave with their event.
create function app.drop_values() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.audit_values as kept
  using gone
  where kept.organization_id = gone.organization_id and kept.event_id = gone.id;
  return null;
end
$$;
create trigger drop_values after delete on public.audit_events
  referencing old table as gone for each statement execute function app.drop_values();

-- What was written before stands as if it had been written so.
alter table public.audit_events disable trigger guard_audit;
with split as materialized (
  select event.organization_id, event.id, event.changes, app.personal_part(event.entity_type, event.changes) as personal,
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as salt,
    case event.entity_type when 'customers' then event.entity_id else nullif(event.changes ->> 'customer_id', '')::uuid end as customer_id
  from public.audit_events as event
  where event.changes ?| app.personal_columns(event.entity_type) and event.action ~ '\.(insert|update|delete)$'
    and (event.entity_type = 'customers' or jsonb_typeof(event.changes -> 'customer_id') is distinct from 'object')
), moved as (
  insert into public.audit_values (organization_id, event_id, customer_id, salt, changes)
  select split.organization_id, split.id, split.customer_id, split.salt, split.personal
  from split
  where split.personal is not null
)
update public.audit_events as event
set changes = app.open_part(split.personal, split.changes), values_digest = app.values_digest(split.salt, split.personal)
from split
where event.id = split.id and split.personal is not null;
alter table public.audit_events enable trigger guard_audit;

-- The trail as it reads while its values are there.
create view public.audit_trail with (security_invoker = true) as
select
  event.id, event.organization_id, event.actor_type, event.actor_id, event.key_id, event.action, event.entity_type,
  event.entity_id, event.entity_key, event.changes || coalesce(kept.changes, '{}') as changes,
  event.values_digest is not null and kept.event_id is null as is_erased, event.request_id, event.created_at
from public.audit_events as event
left join public.audit_values as kept on kept.organization_id = event.organization_id and kept.event_id = event.id;
comment on view public.audit_trail is 'audit_events with the personal values that have not been erased.';
comment on column public.audit_trail.is_erased is 'The person has been erased: what the values were is gone.';
grant select on public.audit_trail to authenticated, service_role;
comment on column public.audit_trail.id is 'The event.';
comment on column public.audit_trail.organization_id is 'The organization that the row belongs to.';
comment on column public.audit_trail.actor_type is 'user, agent, service or system.';
comment on column public.audit_trail.actor_id is 'The auth user of the person or agent; null for the service and the system.';
comment on column public.audit_trail.key_id is 'The API key (agent_api_keys.id) that an agent came with.';
comment on column public.audit_trail.action is 'The table and, after a full stop, what happened.';
comment on column public.audit_trail.entity_type is 'The table.';
comment on column public.audit_trail.entity_id is 'The row.';
comment on column public.audit_trail.entity_key is 'What the row is known by where it has no id: its key''s columns.';
comment on column public.audit_trail.changes is 'Of an update, each changed column with its values before (from) and after (to); of a delete, the row. "personal": erased.';
comment on column public.audit_trail.request_id is 'The request that did it.';
comment on column public.audit_trail.created_at is 'When it happened.';
