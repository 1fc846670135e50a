-- Return the change with the word personal in place of each personal value.
create or replace function app.open_part(personal jsonb, changes jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return changes || (select jsonb_object_agg(name, 'personal'::text) from jsonb_object_keys(personal) as name);
end
$$;
