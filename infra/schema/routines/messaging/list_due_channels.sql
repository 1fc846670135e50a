-- Return the channels that may send and have something queued, or the channel of the message `wanted`, each with its
-- pace; those that have waited longest come first. Postgres puts the body in its place.
create or replace function app.list_due_channels(wanted uuid, ahead interval, per_second jsonb)
returns table (organization_id uuid, id uuid, platform text, step interval)
language sql stable
begin atomic
  select account.organization_id, account.id, account.platform, make_interval(
    secs => 1.0 / coalesce(account.messages_per_second, (per_second ->> account.platform)::integer)
  )
  from (
    select waiting.organization_id, waiting.channel_id
    from app.channels_with_queue() as waiting
    where wanted is null
    union all
    select delivery.organization_id, delivery.channel_id
    from public.messages as message
    join public.message_deliveries as delivery
      on delivery.organization_id = message.organization_id and delivery.message_id = message.id
    where message.id = wanted and delivery.state = 'queued'
  ) as waiting
  join public.channel_accounts as account
    on account.organization_id = waiting.organization_id and account.id = waiting.channel_id
  left join public.channel_paces as pace
    on pace.organization_id = account.organization_id and pace.channel_id = account.id
  where account.status = 'connected' and (account.held_until is null or account.held_until <= now())
    and (pace.free_at is null or pace.free_at < now() + ahead)
  order by pace.free_at nulls first;
end;
