-- Return what these contacts were once known by, as the trail says, but what belongs to somebody else now.
create or replace function app.former_names(organization uuid, people uuid[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(distinct form), '{}')
  from public.audit_values as kept
  cross join jsonb_path_query(kept.changes,
    'lax $.keyvalue() ? (@.key == "phone_number" || @.key == "email" || @.key == "value").value')
    as told
  cross join lateral (
    select told #>> '{}' as name where jsonb_typeof(told) = 'string'
    union all
    select told ->> side from unnest('{from,to}'::text[]) as side where jsonb_typeof(told) = 'object'
  ) as known
  cross join unnest(app.spellings(known.name)) as form
  where kept.organization_id = former_names.organization and kept.customer_id = any (people)
    and not exists (
      select from public.customer_identities as identity
      where identity.organization_id = former_names.organization and identity.customer_id <> all (people)
        and ltrim(identity.value, '+') = form
    )
$$;
grant execute on function app.former_names to authenticated;
