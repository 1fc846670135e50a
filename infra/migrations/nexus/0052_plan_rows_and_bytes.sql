-- What a plan allows beyond contacts, orders and messages: items, labels, conversations, the bytes of files, and what the
-- trail of changes grows by. Counted and refused in the transaction of the write, as 0005 does it.
-- A limit that is dropped here comes back in the same statement.
-- squawk-ignore-file ban-drop-constraint

alter table public.plans
  add column max_items integer,
  add column max_labels integer,
  add column max_chats integer,
  add column max_storage_bytes bigint,
  add column max_attachment_bytes bigint,
  add column max_trail_bytes_month bigint,
  add constraint plans_rows_and_bytes_check check (
    least(max_items, max_labels, max_chats, max_storage_bytes, max_attachment_bytes, max_trail_bytes_month) >= 0
  ) not valid;
comment on column public.plans.max_items is 'Items that may exist at once.';
comment on column public.plans.max_labels is 'Labels, journey stages and lead sources that may exist at once, all together.';
comment on column public.plans.max_chats is 'Conversations that may exist at once; customers may always begin one.';
comment on column public.plans.max_storage_bytes is 'Bytes of the files in the organization''s buckets.';
comment on column public.plans.max_attachment_bytes is 'Bytes of the files of conversations, sent and received.';
comment on column public.plans.max_trail_bytes_month is 'Bytes that large changes may add to the trail in one calendar month.';

update public.plans set max_items = 100, max_labels = 50, max_chats = 100, max_storage_bytes = 104857600,
  max_attachment_bytes = 104857600, max_trail_bytes_month = 20971520
where code = 'free';
update public.plans set max_items = 2000, max_labels = 200, max_chats = 5000, max_storage_bytes = 5368709120,
  max_attachment_bytes = 5368709120, max_trail_bytes_month = 524288000
where code = 'starter';
update public.plans set max_items = 50000, max_labels = 1000, max_chats = 100000, max_storage_bytes = 53687091200,
  max_attachment_bytes = 53687091200, max_trail_bytes_month = 5368709120
where code = 'growth';
update public.plans set max_items = 1000000, max_labels = 5000, max_storage_bytes = 536870912000,
  max_attachment_bytes = 536870912000, max_trail_bytes_month = 53687091200
where code = 'scale';

alter table public.usage_counters
  drop constraint usage_counters_resource_check,
  add constraint usage_counters_resource_check check (resource in (
    'contacts', 'orders', 'messages', 'api_calls', 'items', 'labels', 'chats', 'storage_bytes', 'attachment_bytes',
    'trail_bytes'
  )) not valid;
comment on column public.usage_counters.resource is
  'contacts, orders, messages, api_calls, items, labels, chats, storage_bytes, attachment_bytes or trail_bytes.';

-- Which number of the plan caps a resource, for ever or in each month, and how people read that number.
create function app.plan_cap(plan public.plans, resource text) returns table (cap bigint, period text, told text)
language sql immutable set search_path = '' as $$
  select named.cap, named.period,
    case when named.resource like '%\_bytes' then pg_catalog.pg_size_pretty(named.cap) || ' of ' || replace(named.resource, '_bytes', '')
      else named.cap || ' ' || named.resource end
    || case named.period when 'month' then ' a month' else '' end
  from (values
    ('contacts', plan.max_contacts::bigint, 'total'),
    ('orders', plan.max_orders, plan.orders_period),
    ('messages', plan.max_messages_month, 'month'),
    ('items', plan.max_items, 'total'),
    ('labels', plan.max_labels, 'total'),
    ('chats', plan.max_chats, 'total'),
    ('storage_bytes', plan.max_storage_bytes, 'total'),
    ('attachment_bytes', plan.max_attachment_bytes, 'total'),
    ('trail_bytes', plan.max_trail_bytes_month, 'month')
  ) as named (resource, cap, period)
  where named.resource = plan_cap.resource
$$;
grant execute on function app.plan_cap to authenticated;

-- As 0005 has it, with the resources above. What customers and jobs do is counted and never refused for want of room for
-- conversations, files of buckets or the trail.
create or replace function app.add_usage(organization_id uuid, resource text, added bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  plan public.plans;
  month text;
  capped record;
  now_used bigint;
begin
  select plans.* into plan
  from public.organizations
  join public.plans on plans.code = organizations.plan_code
  where organizations.id = add_usage.organization_id;
  select to_char(now() at time zone organizations.timezone, 'YYYY-MM') into month
  from public.organizations
  where organizations.id = add_usage.organization_id;
  select found.* into capped from app.plan_cap(plan, add_usage.resource) as found;
  insert into public.usage_counters as counter (organization_id, resource, period, used)
  select add_usage.organization_id, add_usage.resource, period, greatest(added, 0)
  from unnest(array['total', month]) as period
  where add_usage.resource in ('orders', 'messages') or period = case capped.period when 'month' then month else 'total' end
  on conflict on constraint usage_counters_pkey
  do update set used = greatest(counter.used + added, 0), updated_at = now();
  if added <= 0 or capped.cap is null or (
    add_usage.resource in ('chats', 'storage_bytes', 'trail_bytes')
    and coalesce(app.claims() ->> 'role', '') <> 'authenticated'
  ) then
    return;
  end if;
  select used into now_used
  from public.usage_counters as counter
  where counter.organization_id = add_usage.organization_id and counter.resource = add_usage.resource
    and counter.period = case capped.period when 'month' then month else 'total' end;
  if now_used > capped.cap then
    perform app.refuse(403, 'plan_limit_exceeded', format('the %s plan allows %s. %s', plan.code, capped.told, plan.upgrade),
      jsonb_build_object('resource', add_usage.resource, 'current', now_used - added, 'limit', capped.cap, 'plan', plan.code, 'upgrade', plan.upgrade));
  end if;
end
$$;

create trigger count_added after insert on public.items
  referencing new table as added_rows for each statement execute function app.count_added('items');
create trigger count_removed after delete on public.items
  referencing old table as removed_rows for each statement execute function app.count_removed('items');
create trigger count_added after insert on public.labels
  referencing new table as added_rows for each statement execute function app.count_added('labels');
create trigger count_removed after delete on public.labels
  referencing old table as removed_rows for each statement execute function app.count_removed('labels');
create trigger count_added after insert on public.customer_journey_stages
  referencing new table as added_rows for each statement execute function app.count_added('labels');
create trigger count_removed after delete on public.customer_journey_stages
  referencing old table as removed_rows for each statement execute function app.count_removed('labels');
create trigger count_added after insert on public.lead_sources
  referencing new table as added_rows for each statement execute function app.count_added('labels');
create trigger count_removed after delete on public.lead_sources
  referencing old table as removed_rows for each statement execute function app.count_removed('labels');

-- A conversation and its contact are begun in any order, by several at once: its counter is locked last, at the commit,
-- so that nobody waits for another in a ring.
create function app.count_chat() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(new.organization_id, 'chats', 1);
  return null;
end
$$;
create constraint trigger count_chat after insert on public.chats
  deferrable initially deferred for each row execute function app.count_chat();
create trigger count_removed after delete on public.chats
  referencing old table as removed_rows for each statement execute function app.count_removed('chats');

-- The bytes of a conversation's files, once they are stored and as long as they are.
create function app.count_attachments() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed record;
begin
  if tg_op = 'INSERT' then
    for changed in
      select added_rows.organization_id, sum(size_bytes) as bytes from added_rows where status = 'stored' group by 1
    loop
      perform app.add_usage(changed.organization_id, 'attachment_bytes', changed.bytes::bigint);
    end loop;
  else
    for changed in
      select moved.organization_id, sum(moved.bytes) as bytes
      from (
        select added_rows.organization_id, added_rows.size_bytes as bytes from added_rows where added_rows.status = 'stored'
        union all
        select removed_rows.organization_id, -removed_rows.size_bytes from removed_rows where removed_rows.status = 'stored'
      ) as moved
      group by 1
      having sum(moved.bytes) <> 0
    loop
      perform app.add_usage(changed.organization_id, 'attachment_bytes', changed.bytes::bigint);
    end loop;
  end if;
  return null;
end
$$;
create trigger count_added after insert on public.media
  referencing new table as added_rows for each statement execute function app.count_attachments();
create trigger count_changed after update on public.media
  referencing new table as added_rows old table as removed_rows for each statement execute function app.count_attachments();
create function app.count_attachments_removed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(removed_rows.organization_id, 'attachment_bytes', -sum(removed_rows.size_bytes)::bigint)
  from removed_rows
  where removed_rows.status = 'stored'
    and exists (select from public.organizations where organizations.id = removed_rows.organization_id)
  group by removed_rows.organization_id;
  return null;
end
$$;
create trigger count_removed after delete on public.media
  referencing old table as removed_rows for each statement execute function app.count_attachments_removed();

-- What one transaction of a caller's adds to the trail beyond its first 64 kB is counted, in pieces of that size: small
-- changes are bounded by the day's API calls, and wait for no counter.
create function app.count_trail() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  bytes bigint := coalesce(nullif(current_setting('app.trail_bytes', true), '')::bigint, 0)
    + octet_length(new.changes::text) + 200;
begin
  if bytes > 65536 then
    perform app.add_usage(new.organization_id, 'trail_bytes', bytes);
    bytes := 0;
  end if;
  perform set_config('app.trail_bytes', bytes::text, true);
  return null;
end
$$;
create trigger count_trail after insert on public.audit_events
  for each row when (current_setting('request.jwt.claims', true) like '%"authenticated"%') execute function app.count_trail();

-- The bytes of the organizations' buckets. The schema is the platform's (0030): where its owner is another, they run this.
create function app.stored_bytes(bucket text, metadata jsonb) returns bigint
language sql immutable parallel safe set search_path = ''
return case when bucket in ('message-media', 'labels', 'exports') and metadata ->> 'size' ~ '^\d{1,15}$'
  then (metadata ->> 'size')::bigint else 0 end;
create function app.stored_for(name text) returns uuid
language sql immutable parallel safe set search_path = ''
return case when name ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/' then split_part(name, '/', 1)::uuid end;

create function app.count_storage() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed record;
  moved jsonb := '{}';
begin
  if tg_op <> 'DELETE' then
    select coalesce(jsonb_object_agg(told.organization, told.bytes), '{}') into moved
    from (
      select app.stored_for(row.name) as organization, sum(app.stored_bytes(row.bucket_id, row.metadata)) as bytes
      from added_rows as row
      where app.stored_for(row.name) is not null
      group by 1
    ) as told;
  end if;
  if tg_op <> 'INSERT' then
    select moved || coalesce(jsonb_object_agg(told.organization, coalesce((moved ->> told.organization::text)::bigint, 0) - told.bytes), '{}')
    into moved
    from (
      select app.stored_for(row.name) as organization, sum(app.stored_bytes(row.bucket_id, row.metadata)) as bytes
      from removed_rows as row
      where app.stored_for(row.name) is not null
      group by 1
    ) as told;
  end if;
  for changed in
    select organizations.id, told.value::bigint as bytes
    from jsonb_each_text(moved) as told
    join public.organizations on organizations.id = told.key::uuid
    where told.value <> '0'
    order by organizations.id
  loop
    perform app.add_usage(changed.id, 'storage_bytes', changed.bytes);
  end loop;
  return null;
end
$$;

do $$
begin
  if to_regclass('storage.objects') is null then
    raise warning 'this database has no schema storage: the bytes of buckets are not counted';
    return;
  end if;
  create trigger nexus_count_added after insert on storage.objects
    referencing new table as added_rows for each statement execute function app.count_storage();
  create trigger nexus_count_changed after update on storage.objects
    referencing new table as added_rows old table as removed_rows for each statement execute function app.count_storage();
  create trigger nexus_count_removed after delete on storage.objects
    referencing old table as removed_rows for each statement execute function app.count_storage();
exception when insufficient_privilege then
  raise warning 'this login may not make triggers on storage.objects (%): run the end of this file as its owner', sqlerrm;
end
$$;

-- A customer's file that the plan has no room for is told as such.
alter table public.media
  drop constraint media_failure_check,
  add constraint media_failure_check
    check (failure in ('gone', 'too_large', 'damaged', 'not_allowed', 'unavailable', 'no_room')) not valid;
comment on column public.media.failure is
  'Why it could not be had: gone, too_large, damaged (not what the channel said it was), not_allowed, unavailable, no_room (the plan''s bytes are used).';

-- What is there already.
insert into public.usage_counters (organization_id, resource, period, used)
select counted.organization_id, counted.resource, 'total', counted.used
from (
  select items.organization_id, 'items' as resource, count(*) as used from public.items group by 1
  union all
  select named.organization_id, 'labels', count(*)
  from (
    select labels.organization_id from public.labels
    union all
    select stages.organization_id from public.customer_journey_stages as stages
    union all
    select sources.organization_id from public.lead_sources as sources
  ) as named
  group by 1
  union all
  select chats.organization_id, 'chats', count(*) from public.chats group by 1
  union all
  select media.organization_id, 'attachment_bytes', sum(media.size_bytes) from public.media where media.status = 'stored' group by 1
) as counted
on conflict on constraint usage_counters_pkey do update set used = excluded.used;
