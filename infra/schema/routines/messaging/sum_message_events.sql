-- Return what all events of a message say together: the furthest status, the first failure, and the last price, text
-- and times. Postgres puts the body in its place.
create or replace function app.sum_message_events(organization_id uuid, message_id uuid)
returns table (
  rank integer, failure jsonb, pricing jsonb, content text, edited_at timestamptz, deleted_at timestamptz
)
language sql stable
begin atomic
  select
    max(app.status_rank(event.value)) filter (where event.kind = 'status' and event.author <> 'participant'),
    (array_agg(event.details order by event.occurred_at) filter (where event.kind = 'status'
      and event.value = 'failed'))[1],
    (array_agg(event.details -> 'pricing' order by event.occurred_at desc)
      filter (where event.details ? 'pricing'))[1],
    (array_agg(event.value order by event.occurred_at desc,
      (event.details ->> 'number')::integer desc nulls last) filter (where event.kind = 'edit'))[1],
    max(event.occurred_at) filter (where event.kind = 'edit'),
    min(event.occurred_at) filter (where event.kind = 'delete')
  from public.message_events as event
  where event.organization_id = sum_message_events.organization_id
    and event.message_id = sum_message_events.message_id;
end;
