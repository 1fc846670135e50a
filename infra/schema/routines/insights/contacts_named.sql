-- Return the ids of at most 1,000 contacts that the text names, by which lists are narrowed; misspelt names only where
-- there is no other.
create or replace function app.contacts_named(query text, number text default null) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = ''
set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  organization uuid := app.organization_id();
begin
  return query
  select known.id from app.search_by_identity(organization, query, 1000, number) as known (id)
  union
  select near.id
  from (
    select found.id, found.matched = 'similar' or found.matched = 'partial' as guessed,
      bool_or(found.matched in ('exact', 'prefix')) over () as certain
    from app.search_by_words(organization, 'contact', query, 1000, 1000) as found
  ) as near
  where not (near.guessed and near.certain);
end
$$;
grant execute on function app.contacts_named to authenticated;
