-- Search over contacts, orders and items (docs/decisions/0005-search.md). Each row is indexed under tokens that are hashed
-- with its organization, so a look-up reads that organization's entries alone, however large its neighbours are. The
-- operators of such an index are not leakproof: behind row level security they would not use it. So look-ups go
-- through definer functions, which take the organization from the caller's claims.

-- Words as app.fold spells them, cut at white space and punctuation.
create function app.search_words(value text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return array_remove(regexp_split_to_array(app.fold(value), E'[\\s!-/:-@\\[-`{-~،؛؟٪«»·–—…]+'), '');

-- Under what a row is found: of each word the whole (w), its beginnings from three letters (p), and what is left without
-- any one letter (d), which is where a misspelt word meets it; of a phone number its last digits (s). A text gives at most
-- its first twenty words, so codes stand first in it.
create function app.search_tokens(organization_id uuid, value text, phone_number text) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
declare
  salt bigint := pg_catalog.uuid_hash_extended(organization_id, 0);
  said text[] := app.search_words(value);
  words text[] := '{}';
  word text;
  size integer;
  digits text := regexp_replace(phone_number, '[^0-9]', '', 'g');
  tokens bigint[] := '{}';
begin
  for spot in 1 .. least(cardinality(said), 20) loop
    word := said[spot];
    words := words || word;
    -- One name is written in one word or two, with its article or without.
    if word ~ '^(عبد|ابو|ابن|بن|ال|abd|abdel|abdul|abu|al|el|bin|ibn)$' then
      words := words || (word || coalesce(said[spot + 1], ''));
    elsif word ~ '^(عبد|ابو|ال|abd|abu|al|el)...' then
      words := words
        || regexp_replace(word, '^(عبد|ابو|abd[eu]l|abd|abu)', '')
        || regexp_replace(word, '^(عبد|ابو|abd|abu)?(ال|[aeu]l)', '');
    end if;
  end loop;
  foreach word in array words loop
    size := length(word);
    tokens := tokens || hashtextextended('w' || word, salt);
    for letters in 3 .. least(size, 12) loop
      tokens := tokens || hashtextextended('p' || left(word, letters), salt);
    end loop;
    if size between 4 and 20 and word !~ '[0-9]' then
      for letter in 1 .. size loop
        tokens := tokens || hashtextextended('d' || left(word, letter - 1) || substr(word, letter + 1), salt);
      end loop;
    end if;
  end loop;
  if length(digits) >= 4 then
    tokens := tokens || hashtextextended('s' || right(digits, 4), salt) || hashtextextended('s' || right(digits, 8), salt);
  end if;
  return tokens;
end
$$;

create function app.contact_tokens(
  organization_id uuid, first_name text, last_name text, company text, email text, phone_number text
) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(
    organization_id, concat_ws(' ', first_name, last_name, company, split_part(email, '@', 1)), phone_number);
end
$$;

create function app.item_tokens(
  organization_id uuid, name text, description text, sku text, item_no text, barcode text
) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(organization_id, concat_ws(' ', sku, item_no, barcode, coalesce(name, left(description, 200))), null);
end
$$;

create function app.order_tokens(organization_id uuid, order_number text, awb_number text) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(organization_id, concat_ws(' ', order_number, awb_number), null);
end
$$;
-- Whoever writes a row computes its index entry.
grant execute on function
  app.search_words, app.search_tokens, app.contact_tokens, app.item_tokens, app.order_tokens
to authenticated, service_role;

-- Without a pending list, which every search of every organization would have to read through.
create index customers_search_idx on public.customers
  using gin (app.contact_tokens(organization_id, first_name, last_name, company, email, phone_number)) with (fastupdate = off);
create index items_search_idx on public.items
  using gin (app.item_tokens(organization_id, name, description, sku, item_no, barcode)) with (fastupdate = off);
create index orders_search_idx on public.orders
  using gin (app.order_tokens(organization_id, order_number, awb_number)) with (fastupdate = off);

-- The tokens under which a row with this word may be found: as it stands, as a beginning, or with a letter wrong.
create function app.search_alternatives(organization_id uuid, word text, closeness text) returns bigint[]
language plpgsql immutable set search_path = '' as $$
declare
  salt bigint := pg_catalog.uuid_hash_extended(organization_id, 0);
  size integer := length(word);
  whole bigint := hashtextextended('w' || word, salt);
  tokens bigint[] := case when size < 3 then array[whole] else array[hashtextextended('p' || left(word, 12), salt)] end;
  shorter text;
begin
  if closeness = 'exact' then
    return array[whole];
  end if;
  if closeness = 'prefix' or size not between 4 and 20 or word ~ '[0-9]' then
    return tokens;
  end if;
  tokens := tokens || hashtextextended('d' || word, salt);
  for letter in 1 .. size loop
    shorter := left(word, letter - 1) || substr(word, letter + 1);
    tokens := tokens || hashtextextended('w' || shorter, salt) || hashtextextended('d' || shorter, salt);
  end loop;
  return tokens;
end
$$;

-- At most `max` rows of one kind, in no order, under tokens of all three lists. One shape for every question, so that each
-- kind has one plan, which the session keeps (the functions that clients call say so) and which is always the index of tokens.
create function app.search_rows(organization uuid, kind text, first bigint[], second bigint[], third bigint[], max integer)
returns setof uuid
language plpgsql stable rows 30 set search_path = '' as $$
begin
  case kind
    when 'contact' then
      return query
      select contact.id from public.customers as contact
      where contact.organization_id = organization
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company, contact.email, contact.phone_number) && first
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company, contact.email, contact.phone_number) && second
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company, contact.email, contact.phone_number) && third
      limit max;
    when 'item' then
      return query
      select item.id from public.items as item
      where item.organization_id = organization
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no, item.barcode) && first
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no, item.barcode) && second
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no, item.barcode) && third
      limit max;
    when 'order' then
      return query
      select placed.id from public.orders as placed
      where placed.organization_id = organization
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && first
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && second
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && third
      limit max;
  end case;
end
$$;

-- At most `max` rows of one kind that have the query's words (its three longest decide), and how close they come: exact,
-- then prefix, then similar, until there are `enough`; partial (some of the words) only where nothing else was found.
create function app.search_by_words(organization uuid, kind text, query text, enough integer, max integer)
returns table (id uuid, matched text)
language plpgsql stable rows 30 set search_path = '' as $$
declare
  words text[] := array(
    select word from unnest(app.search_words(left(query, 200))) as word group by word order by length(word) desc, word limit 3
  );
  seen uuid[] := '{}';
  added uuid[];
  tokens bigint[];
begin
  if cardinality(words) = 0 then
    return;
  end if;
  foreach matched in array array['exact', 'prefix', 'similar'] loop
    tokens := app.search_alternatives(organization, words[1], matched);
    added := array(
      select found.id
      from app.search_rows(
        organization, kind, tokens,
        case when words[2] is null then tokens else app.search_alternatives(organization, words[2], matched) end,
        case when words[3] is null then tokens else app.search_alternatives(organization, words[3], matched) end,
        max + cardinality(seen)
      ) as found (id)
      where found.id <> all (seen)
      limit max - cardinality(seen)
    );
    return query select one.id, search_by_words.matched from unnest(added) as one (id);
    seen := seen || added;
    exit when cardinality(seen) >= enough;
  end loop;
  if seen = '{}' and cardinality(words) > 1 then
    matched := 'partial';
    tokens := '{}';
    for spot in 1 .. cardinality(words) loop
      tokens := tokens || app.search_alternatives(organization, words[spot], 'similar');
    end loop;
    return query select found.id, search_by_words.matched from app.search_rows(organization, kind, tokens, tokens, tokens, max) as found (id);
  end if;
end
$$;

-- Contacts whose phone number is written so, with a country code or without, or ends so (four digits or more).
create function app.search_by_phone(organization uuid, phone text, max integer) returns setof uuid
language plpgsql stable rows 5 set search_path = '' as $$
declare
  folded text := app.fold(phone);
  digits text := case when folded ~ '^[-+0-9 ().]+$' then ltrim(regexp_replace(folded, '[^0-9]', '', 'g'), '0') end;
  tokens bigint[];
begin
  if length(digits) >= 4 then
    tokens := array[hashtextextended(
      's' || right(digits, case when length(digits) >= 8 then 8 else 4 end), pg_catalog.uuid_hash_extended(organization, 0)
    )];
    return query
    select contact.id
    from app.search_rows(organization, 'contact', tokens, tokens, tokens, 1000) as found (id)
    join public.customers as contact on contact.organization_id = organization and contact.id = found.id
    where contact.phone_number like '%' || digits
    limit max;
  end if;
end
$$;

-- Contacts whose phone number, e-mail address or account on a channel the text is.
create function app.search_by_identity(organization uuid, query text, max integer) returns setof uuid
language sql stable rows 5 set search_path = '' as $$
  select known.id from app.search_by_phone(organization, query, max) as known (id)
  union
  select identity.customer_id from public.customer_identities as identity
  where identity.organization_id = organization and identity.value = lower(btrim(query))
    and identity.kind = any (array['email', 'whatsapp', 'facebook', 'instagram'])
$$;

-- From 0 to 1: the kind of match decides, and within it how much of the name is the query.
create function app.closeness(folded_query text, matched text, name text) returns double precision
language plpgsql immutable set search_path = '' as $$
declare
  folded text := app.fold(name);
begin
  return case matched when 'code' then 0.9 when 'exact' then 0.7 when 'prefix' then 0.5 when 'similar' then 0.3 else 0.1 end
    + 0.05 * extensions.word_similarity(folded_query, folded) + 0.05 * extensions.similarity(folded_query, folded);
end
$$;

-- What lists narrow by: the ids of at most 1,000 contacts that the text names; misspelt ones only where no other is.
create function app.contacts_named(query text) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
begin
  return query
  select known.id from app.search_by_identity(organization, query, 1000) as known (id)
  union
  select near.id
  from (
    select found.id, found.matched = 'similar' or found.matched = 'partial' as guessed, bool_or(found.matched in ('exact', 'prefix')) over () as certain
    from app.search_by_words(organization, 'contact', query, 1000, 1000) as found
  ) as near
  where not (near.guessed and near.certain);
end
$$;
create function app.contacts_with_phone(phone text) returns setof uuid
language sql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
  select known.id from app.search_by_phone(app.organization_id(), phone, 1000) as known (id)
$$;
grant execute on function app.contacts_named, app.contacts_with_phone to authenticated;

-- The best `max` finds of the caller's organization over all kinds, best first. Where a code or an address equals the query
-- the words of its kind are not asked; orders are found by their number, and by the contact they belong to.
create function app.search(query text, kinds text[], max integer)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  codes text[] := array[btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#')];
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
    where coded.organization_id = organization and coded.sku = any (codes)
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
grant execute on function app.search to authenticated;
