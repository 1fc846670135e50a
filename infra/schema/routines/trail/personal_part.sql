-- Return the personal part of a change. PL/pgSQL plans the statement once for each connection.
create or replace function app.personal_part(entity text, changes jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  columns text[] := app.personal_columns(entity);
begin
  if not coalesce(changes ?| columns, false) then
    return null;
  end if;
  return (
    select jsonb_object_agg(field.key, field.value)
    from jsonb_each(changes) as field
    where field.key = any (columns) and field.value not in ('null', '[]', '{}')
  );
end
$$;
