-- Return how many decimals a currency has (ISO 4217). kernel.money.decimals is its twin in Python; a test keeps them
-- equal.
create or replace function app.currency_decimals(currency text) returns integer
language sql immutable strict parallel safe set search_path = ''
return case
  when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
  when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
    'XAF', 'XOF', 'XPF') then 0
  else 2
end;
grant execute on function app.currency_decimals to anon, authenticated, service_role;
