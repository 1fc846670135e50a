-- Write a row of the outbox, for a worker.
create or replace function app.enqueue(topic text, payload jsonb) returns uuid
language sql volatile security definer set search_path = '' as $$
  insert into public.outbox (organization_id, topic, payload, request_id)
  values (app.organization_with('write'), enqueue.topic, enqueue.payload, app.request_id())
  returning id
$$;
grant execute on function app.enqueue to authenticated;
