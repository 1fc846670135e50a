-- Currencies and countries are closed lists, and an amount fits its currency wherever it stands: a price that of the
-- organization, a line and a total that of the order.

-- ISO 4217: what money is paid in, and what went out of use since 2025, for orders of before. No funds, metals or units of
-- account. kernel.money.CURRENCIES is its twin in Python; a test keeps them equal.
create function app.is_currency(code text) returns boolean
language sql immutable strict parallel safe set search_path = ''
return code in (
  'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF',
  'BMD', 'BND', 'BOB', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CLP', 'CNY', 'COP', 'CRC',
  'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS',
  'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD',
  'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL',
  'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MYR', 'MZN', 'NAD',
  'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD',
  'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP',
  'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'UYU', 'UZS', 'VED',
  'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG'
);
grant execute on function app.is_currency to anon, authenticated, service_role;

-- ISO 3166-1 alpha-2. kernel.countries.COUNTRIES is its twin in Python; a test keeps them equal.
create function app.is_country(code text) returns boolean
language sql immutable strict parallel safe set search_path = ''
return code in (
  'AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU', 'AW', 'AX', 'AZ', 'BA', 'BB', 'BD',
  'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL', 'BM', 'BN', 'BO', 'BQ', 'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ', 'CA',
  'CC', 'CD', 'CF', 'CG', 'CH', 'CI', 'CK', 'CL', 'CM', 'CN', 'CO', 'CR', 'CU', 'CV', 'CW', 'CX', 'CY', 'CZ', 'DE',
  'DJ', 'DK', 'DM', 'DO', 'DZ', 'EC', 'EE', 'EG', 'EH', 'ER', 'ES', 'ET', 'FI', 'FJ', 'FK', 'FM', 'FO', 'FR', 'GA',
  'GB', 'GD', 'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT', 'GU', 'GW', 'GY', 'HK',
  'HM', 'HN', 'HR', 'HT', 'HU', 'ID', 'IE', 'IL', 'IM', 'IN', 'IO', 'IQ', 'IR', 'IS', 'IT', 'JE', 'JM', 'JO', 'JP',
  'KE', 'KG', 'KH', 'KI', 'KM', 'KN', 'KP', 'KR', 'KW', 'KY', 'KZ', 'LA', 'LB', 'LC', 'LI', 'LK', 'LR', 'LS', 'LT',
  'LU', 'LV', 'LY', 'MA', 'MC', 'MD', 'ME', 'MF', 'MG', 'MH', 'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS',
  'MT', 'MU', 'MV', 'MW', 'MX', 'MY', 'MZ', 'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO', 'NP', 'NR', 'NU', 'NZ',
  'OM', 'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR', 'PS', 'PT', 'PW', 'PY', 'QA', 'RE', 'RO', 'RS',
  'RU', 'RW', 'SA', 'SB', 'SC', 'SD', 'SE', 'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS', 'ST',
  'SV', 'SX', 'SY', 'SZ', 'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL', 'TM', 'TN', 'TO', 'TR', 'TT', 'TV', 'TW',
  'TZ', 'UA', 'UG', 'UM', 'US', 'UY', 'UZ', 'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU', 'WF', 'WS', 'YE', 'YT', 'ZA',
  'ZM', 'ZW'
);
grant execute on function app.is_country to anon, authenticated, service_role;

-- The currency of an organization is what its prices are in: while there are any, another currency would reprice the
-- catalog in silence, and orders that are open would be paid in two. A price takes the same lock, shared.
create function app.check_organization_places() returns trigger
language plpgsql set search_path = '' as $$
declare
  priced bigint;
  open bigint;
begin
  if (tg_op = 'INSERT' or new.country <> old.country) and not app.is_country(new.country) then
    perform app.refuse(422, 'unknown_country',
      format('%s is no country of ISO 3166-1: send two letters such as EG', new.country),
      jsonb_build_object('country', new.country));
  end if;
  if tg_op = 'UPDATE' and new.currency = old.currency then
    return new;
  end if;
  if not app.is_currency(new.currency) then
    perform app.refuse(422, 'unknown_currency',
      format('%s is no currency of ISO 4217: send three letters such as EGP', new.currency),
      jsonb_build_object('currency', new.currency));
  end if;
  if tg_op = 'UPDATE' then
    perform pg_advisory_xact_lock(hashtextextended('currency ' || new.id, 0));
    select count(*) into priced
    from public.items
    where items.organization_id = new.id and (items.selling_price is not null or items.cost_price is not null);
    select count(*) into open
    from public.orders
    where orders.organization_id = new.id and orders.order_status in ('pending', 'confirmed', 'fulfilling', 'shipped');
    if priced > 0 or open > 0 then
      perform app.refuse(409, 'currency_in_use',
        format('%s items have prices in %s and %s orders are open: deliver or cancel those orders and set the prices of'
          ' the items to null, then change the currency and price the items anew', priced, old.currency, open),
        jsonb_build_object('currency', old.currency, 'items', priced, 'open_orders', open));
    end if;
  end if;
  return new;
end
$$;
create trigger check_organization_places before insert or update of country, currency on public.organizations
  for each row execute function app.check_organization_places();

-- The first of the amounts that has more decimals than the currency.
create function app.ill_priced(currency text, variadic amounts numeric[]) returns numeric
language sql immutable parallel safe set search_path = ''
return (
  select amount from unnest(ill_priced.amounts) as amount
  where amount <> round(amount, app.currency_decimals(ill_priced.currency))
  limit 1
);
grant execute on function app.ill_priced to authenticated, service_role;

-- The prices that a statement wrote, all at once.
create function app.check_item_prices() returns trigger
language plpgsql set search_path = '' as $$
declare
  written uuid[];
  wrong record;
begin
  if tg_op = 'INSERT' then
    select array_agg(item.id) into written
    from added_rows as item
    where item.selling_price is not null or item.cost_price is not null;
  else
    select array_agg(item.id) into written
    from added_rows as item
    join before_rows as before on before.id = item.id
    where (item.selling_price, item.cost_price) is distinct from (before.selling_price, before.cost_price);
  end if;
  if written is null then
    return null;
  end if;
  perform pg_advisory_xact_lock_shared(hashtextextended('currency ' || priced.organization_id, 0))
  from (select distinct items.organization_id from public.items where items.id = any (written) order by 1) as priced;
  select app.ill_priced(organizations.currency, items.selling_price, items.cost_price) as price, organizations.currency
  into wrong
  from public.items
  join public.organizations on organizations.id = items.organization_id
  where items.id = any (written)
    and app.ill_priced(organizations.currency, items.selling_price, items.cost_price) is not null
  limit 1;
  if wrong.price is not null then
    perform app.refuse(422, 'invalid_amount',
      format('%s has %s decimals; the price %s has more', wrong.currency, app.currency_decimals(wrong.currency), wrong.price),
      jsonb_build_object('currency', wrong.currency, 'decimals', app.currency_decimals(wrong.currency)));
  end if;
  return null;
end
$$;
create trigger check_item_prices_added after insert on public.items
  referencing new table as added_rows for each statement execute function app.check_item_prices();
create trigger check_item_prices_changed after update on public.items
  referencing old table as before_rows new table as added_rows for each statement execute function app.check_item_prices();

-- An order that names no currency is in its organization's. The service, which belongs to none, is told by the order.
create function app.organization_currency() returns text
language sql stable set search_path = ''
return (select organizations.currency from public.organizations where organizations.id = app.organization_with('write'));
grant execute on function app.organization_currency to authenticated, service_role;

create function app.adopt_currency() returns trigger
language plpgsql set search_path = '' as $$
begin
  select organizations.currency into new.currency from public.organizations where organizations.id = new.organization_id;
  return new;
end
$$;
create trigger adopt_currency before insert on public.orders
  for each row when (new.currency is null) execute function app.adopt_currency();
alter table public.orders alter column currency set default app.organization_currency();
comment on column public.orders.currency is 'ISO 4217; the organization''s where none is given.';
comment on column public.organizations.currency is
  'ISO 4217: that of its prices, and of orders that name none. Stays while items have prices or orders are open.';
