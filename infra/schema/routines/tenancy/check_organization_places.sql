-- Check the country and the currency of an organization. While there are prices or open orders in its currency, another
-- currency would change the catalog's prices silently and have open orders paid in two. A price takes the same lock,
-- shared.
create or replace function app.check_organization_places() returns trigger
language plpgsql set search_path = '' as $$
declare
  priced bigint;
  open bigint;
begin
  if (tg_op = 'INSERT' or new.country <> old.country) and not app.is_country(new.country) then
    perform app.refuse(422, 'unknown_country',
      format('%s is not an ISO 3166-1 country: send two letters such as EG', new.country),
      jsonb_build_object('country', new.country));
  end if;
  if tg_op = 'UPDATE' and new.currency = old.currency then
    return new;
  end if;
  if not app.is_currency(new.currency) then
    perform app.refuse(422, 'unknown_currency',
      format('%s is not an ISO 4217 currency: send three letters such as EGP', new.currency),
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
          ' the items to null, then change the currency and set new prices', priced, old.currency, open),
        jsonb_build_object('currency', old.currency, 'items', priced, 'open_orders', open));
    end if;
  end if;
  return new;
end
$$;
