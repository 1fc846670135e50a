-- Record one event of a row. `subject` is the row, which tells what it is known by and whose it is.
create or replace function app.record_change(organization uuid, action text, entity text, relation oid, changes jsonb,
  subject jsonb) returns void
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
    (id, organization_id, actor_type, actor_id, key_id, action, entity_type, entity_id, entity_key, changes,
      values_digest, request_id)
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
