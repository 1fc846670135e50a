-- Write the change of a row to the trail, by app.record_change, as an AFTER row trigger. Arguments name columns that
-- the trail leaves out (secrets, and what changes without meaning).
create or replace function app.audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  before jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) - coalesce(tg_argv, '{}') end;
  after jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) - coalesce(tg_argv, '{}') end;
  subject jsonb := coalesce(after, before);
  organization uuid := coalesce(subject ->> 'organization_id', subject ->> 'id')::uuid;
  changes jsonb := '{}';
begin
  if tg_op = 'DELETE' then
    if not exists (select from public.organizations where id = organization) then
      return null;
    end if;
    changes := before;
  elsif tg_op = 'UPDATE' then
    select coalesce(jsonb_object_agg(field.key, jsonb_build_object('from', before -> field.key, 'to', field.value)),
      '{}')
    into changes
    from jsonb_each(after) as field
    where field.key <> 'updated_at' and field.value is distinct from before -> field.key;
    if changes = '{}' then
      return null;
    end if;
  end if;
  perform app.record_change(organization, tg_table_name || '.' || lower(tg_op), tg_table_name, tg_relid, changes,
    subject);
  return null;
end
$$;
