-- Give an order the next number. The row lock on the sequence makes numbers unique and without gaps; numbers that were
-- set by hand, in any spelling, are skipped.
create or replace function app.number_order() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  this_year integer;
  next_number integer;
  key text;
begin
  if current_setting('role') in ('anon', 'authenticated')
    and new.organization_id is distinct from app.organization_with('write')
  then
    return new;
  end if;
  perform app.lock_order_numbers(new.organization_id);
  this_year := extract(year from now() at time zone coalesce(
    (select organizations.timezone from public.organizations where organizations.id = new.organization_id), 'UTC'
  ));
  loop
    insert into public.order_sequences as sequence (organization_id, year, last_number)
    values (new.organization_id, this_year, 1)
    on conflict (organization_id, year) do update set last_number = sequence.last_number + 1
    returning sequence.last_number into next_number;
    new.order_number := format('ORD-%s-%s', this_year,
      lpad(next_number::text, greatest(3, length(next_number::text)), '0'));
    key := app.order_number_key(new.order_number);
    exit when not exists (
      select from public.orders where orders.organization_id = new.organization_id and orders.order_number_key = key
    );
  end loop;
  return new;
end
$$;
