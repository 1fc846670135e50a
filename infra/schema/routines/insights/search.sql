-- Return the best `max` finds of the caller's organization over all kinds, best first. Where a code or an address
-- equals the query, the words of that kind are not searched. Orders are found by their number and by their contact.
-- Postgres puts the bodies of the functions in `from` in their places: everything is planned as one statement.
create or replace function app.search(query text, kinds text[], max integer, number text default null)
returns table (kind text, id uuid, title text, detail text, matched text, score real)
language plpgsql stable security definer rows 10 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
  folded text := app.fold(query);
  code text := app.code_key(query);
  codes text[] := app.spell_code(query, folded, code);
  numbers text[] := app.order_number_keys(query);
  -- More than `max`, so that the best of them can be chosen.
  pool integer := greatest(3 * max, 100);
begin
  if organization is null or folded = '' then
    return;
  end if;
  return query
  with contacts as materialized (
    select found.* from app.search_contacts(organization, kinds, query, number, folded, max, pool) as found
  ),
  order_finds as (
    select found.id, found.matched from app.search_orders(organization, query, numbers, max, pool) as found
    union all
    select recent.id, 'customer'
    from contacts cross join lateral app.list_recent_orders(organization, contacts.id) as recent
    where contacts.matched in ('code', 'exact', 'prefix', 'similar')
  ),
  results as (
    select 'contact' as kind, contacts.* from contacts
    where 'contact' = any (kinds)
    union all
    select 'item', found.* from app.search_items(organization, query, folded, code, codes, max, pool) as found
    where 'item' = any (kinds)
    union all
    select 'order', order_finds.id, shown.title, shown.detail, order_finds.matched, shown.score
    from order_finds
    cross join lateral app.show_order(organization, order_finds.id, order_finds.matched, folded) as shown
    where 'order' = any (kinds)
  )
  select best.kind, best.id, best.title, best.detail, best.matched, best.score::real
  from (
    select distinct on (results.kind, results.id) results.*, bool_or(results.matched <> 'partial') over () as whole
    from results
    order by results.kind, results.id, results.score desc
  ) as best
  where best.matched <> 'partial' or not best.whole
  order by best.score desc, best.kind, best.id
  limit max;
end
$$;
grant execute on function app.search to authenticated;
