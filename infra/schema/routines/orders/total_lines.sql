-- Set the totals of the orders whose lines were written. An order that has its total already, as a new one has, is not
-- written again.
create or replace function app.total_lines() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  differing uuid[];
begin
  select array_agg(parent.id) into differing
  from public.orders as parent
  join (
    select touched.order_id, coalesce(sum(line.qty * line.unit_price), 0) as total
    from (select distinct changed.order_id from changed) as touched
    left join public.order_items as line on line.order_id = touched.order_id
    group by touched.order_id
  ) as summed on summed.order_id = parent.id
  where parent.total_amount <> summed.total;
  if differing is not null then
    update public.orders as parent
    set total_amount = (
      select coalesce(sum(line.qty * line.unit_price), 0) from public.order_items as line
        where line.order_id = parent.id
    )
    where parent.id = any (differing);
  end if;
  return null;
end
$$;
