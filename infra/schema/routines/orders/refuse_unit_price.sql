-- Refuse a line without a price in the order's currency, or with more decimals than the currency has.
create or replace function app.refuse_unit_price(line public.order_items, currency text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if line.unit_price is null then
    perform app.refuse(422, 'price_required',
      format('send unit_price in %s for: %s', currency,
        coalesce(line.sku, line.item_id::text, line.name, 'the line')),
      jsonb_build_object(
        'items', jsonb_build_array(coalesce(line.sku, line.item_id::text, line.name)), 'currency', currency
      ));
  end if;
  perform app.refuse(422, 'invalid_amount',
    format('%s has %s decimals; unit_price %s has more', currency, app.currency_decimals(currency), line.unit_price),
    jsonb_build_object('currency', currency, 'decimals', app.currency_decimals(currency)));
end
$$;
grant execute on function app.refuse_unit_price to authenticated, service_role;
