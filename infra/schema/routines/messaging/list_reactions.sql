-- Return the last reaction of each person to a message, in the order in which they came, as one JSON list, without the
-- reactions that were taken back. Postgres puts the body in its place.
create or replace function app.list_reactions(organization_id uuid, message_id uuid) returns table (reactions jsonb)
language sql stable
begin atomic
  select coalesce(
    jsonb_agg(jsonb_build_object('author', latest.author, 'emoji', latest.value, 'at', latest.occurred_at)
      order by latest.occurred_at, latest.person), '[]')
  from (
    select distinct on (event.author, event.details ->> 'person')
      event.author, event.value, event.occurred_at, event.details ->> 'person' as person
    from public.message_events as event
    where event.organization_id = list_reactions.organization_id and event.message_id = list_reactions.message_id
      and event.kind = 'reaction'
    order by event.author, event.details ->> 'person', event.occurred_at desc, event.value is null
  ) as latest
  where latest.value is not null;
end;
