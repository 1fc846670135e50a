-- Wait for other writers of order numbers where this one writes a number that could be generated, in the caller's own
-- organization alone: before row level security has looked, a caller could name another organization and learn from the
-- wait. It is a trigger of its own, which costs nothing where the number is left out.
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
