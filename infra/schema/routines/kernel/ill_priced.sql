-- Return the first of the amounts that has more decimals than the currency.
create or replace function app.ill_priced(currency text, variadic amounts numeric[]) returns numeric
language sql immutable parallel safe set search_path = ''
return (
  select amount from unnest(ill_priced.amounts) as amount
  where amount <> round(amount, app.currency_decimals(ill_priced.currency))
  limit 1
);
grant execute on function app.ill_priced to authenticated, service_role;
