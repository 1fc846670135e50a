-- Return the channels that have something queued, without reading all that is queued.
create or replace function app.channels_with_queue() returns table (organization_id uuid, channel_id uuid)
language sql stable security definer set search_path = '' as $$
  with recursive waiting (organization_id, channel_id) as (
    (
      select delivery.organization_id, delivery.channel_id
      from public.message_deliveries as delivery
      where delivery.state = 'queued'
      order by delivery.organization_id, delivery.channel_id
      limit 1
    )
    union all
    select further.organization_id, further.channel_id
    from waiting
    cross join lateral (
      select delivery.organization_id, delivery.channel_id
      from public.message_deliveries as delivery
      where delivery.state = 'queued'
        and (delivery.organization_id, delivery.channel_id) > (waiting.organization_id, waiting.channel_id)
      order by delivery.organization_id, delivery.channel_id
      limit 1
    ) as further
  )
  select waiting.organization_id, waiting.channel_id from waiting
$$;
