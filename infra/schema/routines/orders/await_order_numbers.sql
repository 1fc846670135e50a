-- Who writes a number that could be generated takes turns with those who are given theirs, in their own organization
-- alone: before row security has looked, a caller could name another one and wait for what goes on there. So the
-- turn is a trigger of its own, which asks first and costs nothing where the number is left out.
create or replace function app.await_order_numbers() returns trigger
language plpgsql set search_path = '' as $$
begin
  if app.order_number_key(new.order_number) ~ '^ord-[0-9]{4}-[0-9]{3,}$'
    and (current_user <> 'authenticated' or new.organization_id = app.organization_with('write'))
  then
    perform app.lock_order_numbers(new.organization_id);
  end if;
  return new;
end
$$;
