-- Refuse an amount of an order that has more decimals than its currency.
create or replace function app.refuse_amount(currency text, amount numeric) returns void
language plpgsql set search_path = '' as $$
begin
  perform app.refuse(422, 'invalid_amount',
    format('%s has %s decimals; the order''s amount %s has more', currency, app.currency_decimals(currency), amount),
    jsonb_build_object('currency', currency, 'decimals', app.currency_decimals(currency)));
end
$$;
grant execute on function app.refuse_amount to authenticated, service_role;
