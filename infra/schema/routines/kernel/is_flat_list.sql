-- Return whether a list has one dimension, no nulls, no more texts than this and no longer ones.
create or replace function app.is_flat_list(value text[], most integer, longest integer) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  part text;
begin
  if array_ndims(value) > 1 or cardinality(value) > most then
    return false;
  end if;
  foreach part in array coalesce(value, '{}') loop
    if part is null or length(part) > longest then
      return false;
    end if;
  end loop;
  return true;
end
$$;
grant execute on function app.is_flat_list to anon, authenticated, service_role;
