-- One reading of what a contact or an item is known by, for whoever makes it and whoever looks for it.

-- What the official forms of one E.164 number have in common: Brazilian mobiles have their ninth digit, Mexican ones no 1,
-- Argentine ones no 9 after the country code. kernel.phones.key is its twin in Python; a property test keeps them equal.
create function app.phone_key(phone text) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when phone ~ '^\+549[0-9]{10}$' then '+54' || substr(phone, 5)
  when phone ~ '^\+521[0-9]{10}$' then '+52' || substr(phone, 5)
  when phone ~ '^\+55[1-9][0-9][6-9][0-9]{7}$' then left(phone, 5) || '9' || substr(phone, 6)
  else phone
end;

-- Both forms, where the country has two.
create function app.phone_forms(phone text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return case
  when app.phone_key(phone) ~ '^\+54[0-9]{10}$' then array[app.phone_key(phone), '+549' || substr(app.phone_key(phone), 4)]
  when app.phone_key(phone) ~ '^\+52[0-9]{10}$' then array[app.phone_key(phone), '+521' || substr(app.phone_key(phone), 4)]
  when app.phone_key(phone) ~ '^\+55[1-9][0-9]9[6-9][0-9]{7}$'
    then array[app.phone_key(phone), left(phone, 5) || right(phone, 8)]
  else array[phone]
end;

-- An address as it is meant: without invisible marks, white space around it, the scheme of a link, and the punctuation of
-- the sentence it stood in.
create function app.clean_email(email text) returns text
language sql immutable strict parallel safe set search_path = ''
return regexp_replace(
  regexp_replace(
    regexp_replace(
      normalize(email, NFKC),
      '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0]',
      '', 'g'
    ),
    '^\s*(mailto:)?[\s<]*', '', 'i'
  ),
  '[\s.,;:>]+$', ''
);

-- What two spellings of one code have in common: app.fold of it, without blanks. kernel.text.code_key is its twin.
create function app.code_key(code text) returns text
language sql immutable strict parallel safe set search_path = ''
return replace(app.fold(code), ' ', '');
grant execute on function app.phone_key, app.phone_forms, app.clean_email, app.code_key to authenticated, service_role;

alter table public.customers add column phone_valid boolean;
comment on column public.customers.phone_valid is
  'Whether phone_number is one that its country gives out; false: of the right length, in no range that we know. Null: nobody has looked.';

-- `app.phone_told` is what the transaction's own code has read: a number and whether it is valid.
create function app.read_identities() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.email := app.clean_email(new.email);
  if tg_op = 'INSERT' or new.phone_number is distinct from old.phone_number then
    new.phone_valid := case
      when split_part(current_setting('app.phone_told', true), ' ', 1) = new.phone_number
        then split_part(current_setting('app.phone_told', true), ' ', 2)::boolean
    end;
  end if;
  return new;
end
$$;
create trigger read_identities before insert or update of email, phone_number on public.customers
  for each row execute function app.read_identities();

-- As 0010 has it; numbers and addresses are compared by what their forms have in common.
create or replace function app.keep_identities() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.customer_identities as identity
    where identity.organization_id = old.organization_id and identity.customer_id = old.id
      and (
        (
          identity.kind = 'phone' and identity.value in (old.phone_number, app.phone_key(old.phone_number))
          and identity.value is distinct from app.phone_key(new.phone_number)
        )
        or (
          identity.kind = 'email' and identity.value in (lower(old.email), lower(app.clean_email(old.email)))
          and identity.value is distinct from lower(new.email)
        )
      );
  end if;
  if new.phone_number is not null then
    perform app.claim_identity(new, 'phone', app.phone_key(new.phone_number));
  end if;
  if new.email is not null then
    perform app.claim_identity(new, 'email', lower(new.email));
  end if;
  return null;
end
$$;
comment on column public.customer_identities.value is
  'For a phone E.164 in the one form that its country''s forms share, lower case for an e-mail address, else the channel''s id of the person.';

-- Of two contacts that turn out to share a number or an address the elder holds it; both stay as they are.
update public.customer_identities as identity
set value = app.phone_key(identity.value)
where identity.kind = 'phone' and identity.value <> app.phone_key(identity.value)
  and not exists (
    select from public.customer_identities as other
    where other.organization_id = identity.organization_id and other.kind = 'phone' and other.id <> identity.id
      and app.phone_key(other.value) = app.phone_key(identity.value)
      and (other.value = app.phone_key(identity.value) or (other.created_at, other.id) < (identity.created_at, identity.id))
  );
update public.customer_identities as identity
set value = lower(app.clean_email(identity.value))
where identity.kind = 'email' and identity.value <> lower(app.clean_email(identity.value))
  and app.clean_email(identity.value) <> ''
  and not exists (
    select from public.customer_identities as other
    where other.organization_id = identity.organization_id and other.kind = 'email' and other.id <> identity.id
      and lower(app.clean_email(other.value)) = lower(app.clean_email(identity.value))
      and (other.value = lower(app.clean_email(identity.value)) or (other.created_at, other.id) < (identity.created_at, identity.id))
  );

-- As 0017 has it; the number is compared by what its forms have in common.
create or replace function app.contact_known_as(
  organization_id uuid, channel text, accounts text[], phone text, name text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  contact uuid;
begin
  select identity.customer_id into contact
  from public.customer_identities as identity
  where identity.organization_id = contact_known_as.organization_id
    and (
      (identity.kind = contact_known_as.channel and identity.value = any (contact_known_as.accounts))
      or (identity.kind = 'phone' and identity.value = app.phone_key(contact_known_as.phone))
    )
  order by identity.kind = 'phone', identity.created_at
  limit 1;
  if contact is null then
    begin
      insert into public.customers (organization_id, first_name, phone_number, phone_raw, lead_source_id)
      values (
        contact_known_as.organization_id, left(coalesce(nullif(btrim(contact_known_as.name), ''), contact_known_as.phone), 200),
        contact_known_as.phone, contact_known_as.phone,
        (
          select source.id from public.lead_sources as source
          where source.organization_id = contact_known_as.organization_id
            and app.fold(source.name) = contact_known_as.channel
        )
      )
      returning id into contact;
    exception when sqlstate 'PT403' then
      return null;
    end;
  end if;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select contact_known_as.organization_id, contact, contact_known_as.channel, account
  from unnest(contact_known_as.accounts) as account
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  return contact;
end
$$;

create or replace function app.move_contact_phone(organization_id uuid, contact uuid, previous text, current text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  holder uuid;
begin
  select identity.customer_id into holder
  from public.customer_identities as identity
  where identity.organization_id = move_contact_phone.organization_id
    and identity.kind = 'phone' and identity.value = app.phone_key(current);
  if holder is not null and holder <> contact then
    perform app.merge_contacts(move_contact_phone.organization_id, contact, holder);
  end if;
  update public.customers as person
  set phone_number = current, phone_raw = current
  where person.organization_id = move_contact_phone.organization_id and person.id = contact
    and (person.phone_number is null or person.phone_number = any (app.phone_forms(previous)));
end
$$;

-- As 0018 has it; a person who is known under the other form of the number is written to under that one.
create or replace function app.start_conversation(channel_id uuid, wa_id text, phone text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  known text;
begin
  select account.* into channel
  from public.channel_accounts as account
  where account.id = start_conversation.channel_id and account.organization_id = app.organization_with('write');
  if channel.id is null then
    perform app.refuse(404, 'not_found', 'no such channel in this organization: check the id');
  end if;
  select identity.value into known
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.channel_id = channel.id
    and identity.kind = 'wa_id' and '+' || identity.value = any (app.phone_forms('+' || start_conversation.wa_id))
    and identity.superseded_at is null
  order by identity.value = start_conversation.wa_id desc, identity.created_at
  limit 1;
  return app.conversation_with(
    channel.id, jsonb_build_object('wa_id', coalesce(known, start_conversation.wa_id)), start_conversation.phone, now()
  );
end
$$;

-- As 0015 has it; a whole number is looked up by what its forms have in common, the end of one in each form.
create or replace function app.search_by_phone(organization uuid, phone text, max integer) returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  folded text := regexp_replace(app.fold(phone), '^(tel|callto|sms|whatsapp): ?', '');
  digits text := case
    when folded ~ '^[-+0-9 ().\[\]/\\~\u2010-\u2015\u2212]+$' then ltrim(regexp_replace(folded, '[^0-9]', '', 'g'), '0')
  end;
  tokens bigint[];
begin
  if folded ~ '^\+[1-9][0-9]{6,14}$' then
    return query
    select identity.customer_id
    from public.customer_identities as identity
    where identity.organization_id = organization and identity.kind = 'phone' and identity.value = app.phone_key(folded)
    limit max;
    if found then
      return;
    end if;
  end if;
  if length(digits) >= 4 then
    tokens := array[hashtextextended(
      's' || right(digits, case when length(digits) >= 8 then 8 else 4 end), pg_catalog.uuid_hash_extended(organization, 0)
    )];
    return query
    select contact.id
    from app.search_rows(organization, 'contact', tokens, tokens, tokens, 1000) as found (id)
    join public.customers as contact on contact.organization_id = organization and contact.id = found.id
    where exists (
      select from unnest(app.phone_forms(contact.phone_number)) as form where form like '%' || digits
    )
    limit max;
  end if;
end
$$;
create or replace function app.search_by_identity(organization uuid, query text, max integer) returns setof uuid
language sql stable rows 5 set search_path = '' as $$
  select known.id from app.search_by_phone(organization, query, max) as known (id)
  union
  select identity.customer_id from public.customer_identities as identity
  where identity.organization_id = organization
    and (identity.kind, identity.value) in (
      ('email', lower(app.clean_email(query))),
      ('whatsapp', lower(btrim(query))), ('facebook', lower(btrim(query))), ('instagram', lower(btrim(query)))
    )
$$;

-- SKUs are one code however they are written.
do $$
declare
  twins text;
begin
  select string_agg(format('%s in organization %s', twin.spellings, twin.organization_id), '; ') into twins
  from (
    select item.organization_id, string_agg(quote_literal(item.sku), ' and ' order by item.created_at) as spellings
    from public.items as item
    where item.sku is not null
    group by item.organization_id, app.code_key(item.sku)
    having count(*) > 1
    limit 20
  ) as twin;
  if twins is not null then
    raise exception 'items have SKUs that are one code in two spellings: %', twins
      using hint = 'Change one of each (update items set sku = ...), then migrate again.';
  end if;
end
$$;
alter table public.items add column sku_key text;
create function app.key_sku() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.sku_key := app.code_key(new.sku);
  return new;
end
$$;
create trigger key_sku before insert or update of sku, sku_key on public.items
  for each row execute function app.key_sku();
alter table public.items disable trigger touch_updated_at;
alter table public.items disable trigger audit;
update public.items set sku_key = app.code_key(sku) where sku is not null;
alter table public.items enable trigger touch_updated_at;
alter table public.items enable trigger audit;
create unique index items_sku_key_key on public.items (organization_id, sku_key);
comment on column public.items.sku is 'No two items of an organization share one, in whatever capitals, blanks or digits.';
comment on column public.items.sku_key is 'What all spellings of the SKU have in common; look-ups compare it.';

-- As 0015 has it; an SKU is found in each of its spellings, other codes in Arabic digits too.
create or replace function app.search(query text, kinds text[], max integer)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  codes text[] := array[btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#'), ltrim(upper(folded), '#')];
  -- More than is asked for, so that the best of them can be chosen.
  pool integer := greatest(3 * max, 100);
begin
  if organization is null or folded = '' then
    return;
  end if;
  return query
  with coded_contacts as materialized (
    select known.id from app.search_by_identity(organization, query, max) as known (id)
    where kinds && array['contact', 'order']
  ),
  coded_items as materialized (
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.sku_key = app.code_key(query)
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.item_no = any (codes)
    union
    select coded.id from public.items as coded
    where coded.organization_id = organization and coded.barcode = any (codes)
  ),
  coded_orders as materialized (
    select coded.id from public.orders as coded
    where coded.organization_id = organization and coded.order_number = any (codes)
  ),
  contact_finds as materialized (
    select coded_contacts.id, 'code' as matched from coded_contacts
    union all
    select words.id, words.matched from app.search_by_words(organization, 'contact', query, max, pool) as words
    where kinds && array['contact', 'order'] and not exists (select from coded_contacts)
  ),
  contacts as materialized (
    select contact.id, finds.matched, contact.phone_number, contact.email,
      coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''), contact.company, contact.phone_number, contact.email) as name,
      app.closeness(folded, finds.matched, concat_ws(' ', contact.first_name, contact.last_name, contact.company)) as score
    from contact_finds as finds
    join public.customers as contact on contact.organization_id = organization and contact.id = finds.id
    order by score desc, contact.created_at desc
    limit max
  ),
  item_finds as (
    select coded_items.id, 'code' as matched from coded_items
    union all
    select words.id, words.matched from app.search_by_words(organization, 'item', query, max, pool) as words
    where not exists (select from coded_items)
  ),
  order_finds as (
    select coded_orders.id, 'code' as matched from coded_orders
    union all
    select words.id, words.matched from app.search_by_words(organization, 'order', query, max, pool) as words
    where not exists (select from coded_orders)
    union all
    select placed.id, 'customer'
    from contacts
    cross join lateral (
      select theirs.id from public.orders as theirs
      where theirs.organization_id = organization and theirs.customer_id = contacts.id
      order by theirs.created_at desc, theirs.id desc
      limit 3
    ) as placed
    where contacts.matched in ('code', 'exact', 'prefix', 'similar')
  ),
  results as (
    select 'contact' as kind, contacts.id, contacts.name as title,
      concat_ws(' · ', nullif(contacts.phone_number, contacts.name), nullif(contacts.email, contacts.name)) as detail,
      contacts.matched, contacts.score
    from contacts
    where 'contact' = any (kinds)
    union all
    select 'item', item.id, coalesce(item.name, left(item.description, 80), item.item_no, item.sku),
      concat_ws(' · ', item.sku, item.item_no, item.category), item_finds.matched,
      app.closeness(folded, item_finds.matched, concat_ws(' ', coalesce(item.name, left(item.description, 200)), item.sku, item.item_no))
    from item_finds
    join public.items as item on item.organization_id = organization and item.id = item_finds.id
    where 'item' = any (kinds)
    union all
    select 'order', placed.id, placed.order_number,
      concat_ws(' · ', placed.order_status::text, nullif(concat_ws(' ', buyer.first_name, buyer.last_name), '')), order_finds.matched,
      case order_finds.matched
        when 'customer' then 0.9 * app.closeness(folded, 'exact', concat_ws(' ', buyer.first_name, buyer.last_name, buyer.company))
        else app.closeness(folded, order_finds.matched, placed.order_number) end
    from order_finds
    join public.orders as placed on placed.organization_id = organization and placed.id = order_finds.id
    left join public.customers as buyer on buyer.organization_id = organization and buyer.id = placed.customer_id
    where 'order' = any (kinds)
  )
  select best.kind, best.id, best.title, best.detail, best.matched, best.score::real
  from (
    select distinct on (results.kind, results.id) results.*, bool_or(results.matched <> 'partial') over () as found_whole
    from results
    order by results.kind, results.id, results.score desc
  ) as best
  where best.matched <> 'partial' or not best.found_whole
  order by best.score desc, best.kind, best.id
  limit max;
end
$$;
