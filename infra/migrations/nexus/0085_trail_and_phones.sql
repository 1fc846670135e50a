-- The trail at less cost, and whether numbers are valid that were written without anybody reading them.

-- In PL/pgSQL, which plans its statement once for a connection; what they do is as in 0077.
create or replace function app.personal_part(entity text, changes jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  columns text[] := app.personal_columns(entity);
begin
  if not coalesce(changes ?| columns, false) then
    return null;
  end if;
  return (
    select jsonb_object_agg(field.key, field.value)
    from jsonb_each(changes) as field
    where field.key = any (columns) and field.value not in ('null', '[]', '{}')
  );
end
$$;
create or replace function app.open_part(personal jsonb, changes jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return changes || (select jsonb_object_agg(name, 'personal'::text) from jsonb_object_keys(personal) as name);
end
$$;
create or replace function app.record_change(organization uuid, action text, entity text, relation oid, changes jsonb, subject jsonb)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  event uuid := gen_random_uuid();
  personal jsonb := case when changes <> '{}' then app.personal_part(entity, changes) end;
  salt bytea := case when personal is not null then uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) end;
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

-- Tables over HTTP and channels write numbers that no function has read: a job reads them. It is no act upon the contact.
create index customers_unread_phone_idx on public.customers (id) where phone_number is not null and phone_valid is null;
drop trigger touch_updated_at on public.customers;
create trigger touch_updated_at before update on public.customers
  for each row
  when (old.phone_valid is not distinct from new.phone_valid or old.phone_number is distinct from new.phone_number)
  execute function app.touch_updated_at();
drop trigger audit on public.customers;
create trigger audit after insert or update or delete on public.customers
  for each row execute function app.audit('phone_valid');
comment on column public.customers.phone_valid is
  'Whether phone_number is one that its country gives out; false: of the right length, in no range that we know. Null: not looked at yet.';
