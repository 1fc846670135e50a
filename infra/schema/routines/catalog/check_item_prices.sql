-- Check the prices that a statement wrote, all at once.
create or replace function app.check_item_prices() returns trigger
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
      format('%s has %s decimals; the price %s has more', wrong.currency, app.currency_decimals(wrong.currency),
        wrong.price),
      jsonb_build_object('currency', wrong.currency, 'decimals', app.currency_decimals(wrong.currency)));
  end if;
  return null;
end
$$;
