-- The database takes only what every reader can read: times between the years 1900 and 2200, amounts that are numbers,
-- lists of one dimension without nulls, JSON of a known kind, size and depth. A constraint's name is its rule: it stands in
-- what a caller is told (last_contact_is_between_1900_and_2200). The rules hold for new rows from here on; the next file
-- looks at the old ones.

-- Whether a list has one dimension, no nulls, and no more and no longer texts than that.
create function app.is_flat_list(value text[], most integer, longest integer) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  part text;
begin
  if array_ndims(value) > 1 or cardinality(value) > most then
    return false;
  end if;
  foreach part in array coalesce(value, '{}') loop
    if part is null or length(part) > longest then
      return false;
    end if;
  end loop;
  return true;
end
$$;

-- Whether JSON is of that kind (object, array, list of objects), no longer as text, no deeper, and without a number
-- that is too large for a double.
create function app.is_readable_json(value jsonb, kind text, bytes integer, levels integer) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return jsonb_typeof(value) = case kind when 'list of objects' then 'array' else kind end
    and octet_length(value::text) <= bytes
    and not jsonb_path_exists(value, '$.** ? (@ > 1e300 || @ < -1e300)')
    and (kind <> 'list of objects' or not jsonb_path_exists(value, 'strict $[*] ? (@.type() <> "object")'))
    and not jsonb_path_exists(value, format('$.**{%s}', levels + 1)::jsonpath);
end
$$;
grant execute on function app.is_flat_list, app.is_readable_json to anon, authenticated, service_role;

-- Every time of every table. What is there and cannot be read becomes unknown, or the nearest time where it must be known.
do $$
declare
  held record;
begin
  for held in
    select c.oid::regclass as relation, a.attname as name, a.attnotnull as required
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and a.atttypid in ('timestamptz'::regtype, 'date'::regtype)
    order by c.relname, a.attnum
  loop
    execute format(
      case when held.required
        then 'update %1$s set %2$I = greatest(least(%2$I, ''2200-12-31''), ''1900-01-02'') where not %2$I between ''1900-01-02'' and ''2200-12-31'''
        else 'update %1$s set %2$I = null where not %2$I between ''1900-01-02'' and ''2200-12-31'''
      end, held.relation, held.name);
    execute format(
      'alter table %s add constraint %I check (%I >= ''1900-01-01 00:00+00'' and %I < ''2201-01-01 00:00+00'') not valid',
      held.relation, held.name || '_is_between_1900_and_2200', held.name, held.name);
  end loop;
end
$$;

-- What is no number, no list or no object becomes what the column begins with.
update public.items set cost_price = null where cost_price = 'NaN';
update public.items set selling_price = null where selling_price = 'NaN';
update public.orders set total_amount = 0 where total_amount = 'NaN';
update public.orders set refund_amount = 0 where refund_amount = 'NaN';
update public.order_items set unit_price = 0 where unit_price = 'NaN';
update public.customers set tags = (
  select coalesce(array_agg(left(tag, 100)) filter (where tag is not null and position <= 50), '{}')
  from unnest(tags) with ordinality as listed (tag, position)
)
where not app.is_flat_list(tags, 50, 100);
update public.messages set reactions = '[]' where not app.is_readable_json(reactions, 'list of objects', 65536, 32);

alter table public.agent_accounts
  add constraint owner_email_has_at_most_254_characters check (length(owner_email) <= 254) not valid;
alter table public.agent_api_keys
  add constraint key_hash_has_at_most_200_characters check (length(key_hash) <= 200) not valid;
alter table public.channel_accounts
  add constraint details_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(details, 'object', 65536, 32)) not valid;
alter table public.channel_events
  add constraint payload_is_an_object_of_up_to_1024_kb_and_32_levels
    check (app.is_readable_json(payload, 'object', 1048576, 32)) not valid,
  add constraint known_as_is_a_flat_list_of_up_to_20_texts_of_300_characters
    check (app.is_flat_list(known_as, 20, 300)) not valid;
alter table public.chats
  add constraint contact_name_has_at_most_200_characters check (length(contact_name) <= 200) not valid,
  add constraint contact_phone_has_at_most_50_characters check (length(contact_phone) <= 50) not valid,
  add constraint contact_platform_id_has_at_most_255_characters check (length(contact_platform_id) <= 255) not valid,
  add constraint last_message_has_at_most_500_characters check (length(last_message) <= 500) not valid,
  add constraint unread_count_is_at_most_1000000000 check (unread_count <= 1000000000) not valid,
  add constraint assigned_to_has_at_most_100_characters check (length(assigned_to) <= 100) not valid,
  add constraint metadata_is_an_object_of_up_to_16_kb_and_8_levels
    check (app.is_readable_json(metadata, 'object', 16384, 8)) not valid,
  add constraint referral_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(referral, 'object', 65536, 32)) not valid,
  add constraint unreachable_count_is_at_most_1000000000 check (unreachable_count <= 1000000000) not valid;
alter table public.customer_journey_stages
  add constraint name_has_no_control_characters check (name !~ '[\u0001-\u001f\u007f]') not valid;
alter table public.customers
  add constraint email_has_no_control_characters check (email !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint address_is_an_object_of_up_to_4_kb_and_8_levels
    check (app.is_readable_json(address, 'object', 4096, 8)) not valid,
  add constraint shopify_customer_id_has_at_most_100_characters check (length(shopify_customer_id) <= 100) not valid,
  add constraint shopify_customer_id_has_no_control_characters
    check (shopify_customer_id !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint customer_label_has_at_most_200_characters check (length(customer_label) <= 200) not valid,
  add constraint assigned_to_has_at_most_100_characters check (length(assigned_to) <= 100) not valid,
  add constraint tags_is_a_flat_list_of_up_to_50_texts_of_100_characters check (app.is_flat_list(tags, 50, 100)) not valid,
  add constraint metadata_is_an_object_of_up_to_16_kb_and_8_levels
    check (app.is_readable_json(metadata, 'object', 16384, 8)) not valid;
alter table public.items
  add constraint item_no_has_no_control_characters check (item_no !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint sku_has_no_control_characters check (sku !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint barcode_has_no_control_characters check (barcode !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint cost_price_is_at_most_99999999999 check (cost_price < 100000000000) not valid,
  add constraint selling_price_is_at_most_99999999999 check (selling_price < 100000000000) not valid,
  add constraint metadata_is_an_object_of_up_to_16_kb_and_8_levels
    check (app.is_readable_json(metadata, 'object', 16384, 8)) not valid;
alter table public.labels
  add constraint name_has_no_control_characters check (name !~ '[\u0001-\u001f\u007f]') not valid;
alter table public.lead_sources
  add constraint name_has_no_control_characters check (name !~ '[\u0001-\u001f\u007f]') not valid;
alter table public.message_deliveries
  add constraint request_is_an_object_of_up_to_512_kb_and_32_levels
    check (app.is_readable_json(request, 'object', 524288, 32)) not valid,
  add constraint error_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(error, 'object', 65536, 32)) not valid,
  add constraint pricing_is_an_object_of_up_to_16_kb_and_32_levels
    check (app.is_readable_json(pricing, 'object', 16384, 32)) not valid;
alter table public.message_events
  add constraint value_has_at_most_65536_characters check (length(value) <= 65536) not valid,
  add constraint details_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(details, 'object', 65536, 32)) not valid;
alter table public.message_templates
  add constraint category_has_at_most_100_characters check (length(category) <= 100) not valid,
  add constraint quality_has_at_most_100_characters check (length(quality) <= 100) not valid,
  add constraint components_is_a_list_of_objects_of_up_to_256_kb_and_32_levels
    check (app.is_readable_json(components, 'list of objects', 262144, 32)) not valid;
alter table public.messages
  add constraint media_url_has_at_most_4096_characters check (length(media_url) <= 4096) not valid,
  add constraint media_type_has_at_most_255_characters check (length(media_type) <= 255) not valid,
  add constraint details_is_an_object_of_up_to_512_kb_and_32_levels
    check (app.is_readable_json(details, 'object', 524288, 32)) not valid,
  add constraint reactions_is_a_list_of_objects_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(reactions, 'list of objects', 65536, 32)) not valid,
  add constraint error_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(error, 'object', 65536, 32)) not valid;
alter table public.order_items
  add constraint sku_has_no_control_characters check (sku !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint barcode_has_no_control_characters check (barcode !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint unit_price_is_at_most_99999999999 check (unit_price < 100000000000) not valid;
alter table public.orders
  add constraint shopify_order_id_has_no_control_characters
    check (shopify_order_id !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint order_number_has_no_control_characters check (order_number !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint total_amount_is_at_most_99999999999 check (total_amount < 100000000000) not valid,
  add constraint items_is_a_list_of_up_to_64_kb_and_8_levels
    check (app.is_readable_json(items, 'array', 65536, 8)) not valid,
  add constraint airtable_record_id_has_no_control_characters
    check (airtable_record_id !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint awb_number_has_no_control_characters check (awb_number !~ '[\u0001-\u001f\u007f]') not valid,
  add constraint refund_amount_is_at_most_99999999999 check (refund_amount < 100000000000) not valid,
  add constraint shipping_address_is_an_object_of_up_to_4_kb_and_8_levels
    check (app.is_readable_json(shipping_address, 'object', 4096, 8)) not valid;
alter table public.organizations
  add constraint timezone_has_at_most_100_characters check (length(timezone) <= 100) not valid;
alter table public.outbox
  add constraint payload_is_an_object_of_up_to_64_kb_and_32_levels
    check (app.is_readable_json(payload, 'object', 65536, 32)) not valid;
alter table public.stock_movements
  add constraint reference_id_has_no_control_characters check (reference_id !~ '[\u0001-\u001f\u007f]') not valid;
alter table public.warehouses
  add constraint name_has_no_control_characters check (name !~ '[\u0001-\u001f\u007f]') not valid;

-- Counts that inbound messages raise stop at their bound instead of refusing the message.
create function app.stop_counting() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.unread_count := least(new.unread_count, 1000000000);
  new.unreachable_count := least(new.unreachable_count, 1000000000);
  return new;
end
$$;
create trigger stop_counting before update on public.chats
  for each row when (new.unread_count > 1000000000 or new.unreachable_count > 1000000000)
  execute function app.stop_counting();

-- Makes one contact of two, as before; what both together have is cut to what one may have.
create or replace function app.merge_contacts(organization_id uuid, kept uuid, gone uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost public.customers;
  reference record;
begin
  perform from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id in (kept, gone)
  order by contact.id
  for update;
  select contact.* into lost
  from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id = gone;
  if lost.id is null or kept = gone then
    return;
  end if;
  insert into public.customer_labels (organization_id, customer_id, label_id)
  select worn.organization_id, kept, worn.label_id
  from public.customer_labels as worn
  where worn.organization_id = merge_contacts.organization_id and worn.customer_id = gone
  on conflict do nothing;
  for reference in
    select held.conrelid::regclass as relation, pointing.attname as name
    from pg_catalog.pg_constraint as held
    join pg_catalog.pg_attribute as pointing
      on pointing.attrelid = held.conrelid and pointing.attnum = any (held.conkey) and pointing.attname <> 'organization_id'
    where held.contype = 'f' and held.confrelid = 'public.customers'::regclass
      and held.conrelid <> 'public.customer_labels'::regclass
  loop
    execute format(
      'update %s set %I = $1 where organization_id = $2 and %I = $3', reference.relation, reference.name, reference.name
    ) using kept, merge_contacts.organization_id, gone;
  end loop;
  delete from public.customers as contact
  where contact.organization_id = merge_contacts.organization_id and contact.id = gone;
  update public.customers as contact
  set
    first_name = coalesce(contact.first_name, lost.first_name),
    last_name = coalesce(contact.last_name, lost.last_name),
    email = coalesce(contact.email, lost.email),
    phone_number = coalesce(contact.phone_number, lost.phone_number),
    phone_raw = coalesce(contact.phone_raw, lost.phone_raw),
    company = coalesce(contact.company, lost.company),
    address = coalesce(contact.address, lost.address),
    shopify_customer_id = coalesce(contact.shopify_customer_id, lost.shopify_customer_id),
    customer_label = coalesce(contact.customer_label, lost.customer_label),
    journey_stage_id = coalesce(contact.journey_stage_id, lost.journey_stage_id),
    lead_source_id = coalesce(contact.lead_source_id, lost.lead_source_id),
    assigned_to = coalesce(contact.assigned_to, lost.assigned_to),
    customer_score = greatest(contact.customer_score, lost.customer_score),
    tags = (select coalesce(array_agg(distinct tag), '{}') from unnest(contact.tags || lost.tags) as tag)[:50],
    last_contact = greatest(contact.last_contact, lost.last_contact),
    next_follow_up = least(contact.next_follow_up, lost.next_follow_up),
    notes = left(concat_ws(E'\n\n', contact.notes, lost.notes), 10000),
    metadata = case when app.is_readable_json(lost.metadata || contact.metadata, 'object', 16384, 8)
      then lost.metadata || contact.metadata else contact.metadata end
  where contact.organization_id = merge_contacts.organization_id and contact.id = kept;
  perform app.record_event(
    merge_contacts.organization_id, 'customers.merge', 'customers', kept, jsonb_build_object('merged', gone)
  );
end
$$;
