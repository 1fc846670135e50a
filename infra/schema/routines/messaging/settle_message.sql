-- Bring the message, and its delivery where it is ours, into the state that all its facts together make. A failure
-- stands unless the message has arrived all the same.
create or replace function app.settle_message(organization_id uuid, message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  told record;
  ours public.message_deliveries;
  reached text;
  since timestamptz;
begin
  select
    max(app.status_rank(event.value)) filter (where event.kind = 'status' and event.author <> 'participant') as rank,
    (array_agg(event.details order by event.occurred_at) filter (where event.kind = 'status'
      and event.value = 'failed'))[1] as failure,
    (array_agg(event.details -> 'pricing' order by event.occurred_at desc) filter (where event.details ? 'pricing'))[1]
      as pricing,
    (array_agg(event.value order by event.occurred_at desc,
      (event.details ->> 'number')::integer desc nulls last) filter (where event.kind = 'edit'))[1] as content,
    max(event.occurred_at) filter (where event.kind = 'edit') as edited_at,
    min(event.occurred_at) filter (where event.kind = 'delete') as deleted_at
  into told
  from public.message_events as event
  where event.organization_id = settle_message.organization_id and event.message_id = settle_message.message_id;
  select delivery.* into ours
  from public.message_deliveries as delivery
  where delivery.organization_id = settle_message.organization_id and delivery.message_id = settle_message.message_id
  for update;
  since := coalesce(ours.state_since, now());
  select greatest(
    coalesce(told.rank, 0),
    case when message.platform_message_id is not null and message.timestamp <= chat.read_until then 3
      when message.platform_message_id is not null and message.timestamp <= chat.delivered_until then 2 else 0 end
  ) into told.rank
  from public.messages as message
  join public.chats as chat on chat.organization_id = message.organization_id and chat.id = message.chat_id
  where message.organization_id = settle_message.organization_id and message.id = settle_message.message_id
    and message.direction = 'outbound';
  reached := case
    when told.rank >= 2 then (array['sent', 'delivered', 'read', 'played'])[told.rank]
    when told.failure is not null then 'failed'
    when told.rank = 1 then 'sent'
  end;
  if ours.message_id is not null then
    update public.message_deliveries as delivery
    set
      state = coalesce(reached, delivery.state),
      state_since = case when reached is distinct from delivery.state and reached is not null then now()
        else delivery.state_since end,
      error = case when reached = 'failed' then coalesce(told.failure -> 'error', delivery.error)
        else delivery.error end,
      pricing = coalesce(told.pricing, delivery.pricing)
    where delivery.organization_id = settle_message.organization_id and delivery.message_id = settle_message.message_id
      and (reached is distinct from delivery.state or told.pricing is distinct from delivery.pricing);
  end if;
  update public.messages as message
  set
    status = coalesce(case reached when 'played' then 'read' else reached end, message.status),
    error = case when reached = 'failed' then told.failure -> 'error' when reached is null then message.error end,
    content = case when told.deleted_at is not null then null else coalesce(told.content, message.content) end,
    details = case when told.deleted_at is null then message.details end,
    media_url = case when told.deleted_at is null then message.media_url end,
    edited_at = told.edited_at,
    deleted_at = told.deleted_at,
    reactions = (
      select coalesce(jsonb_agg(jsonb_build_object('author', latest.author, 'emoji', latest.value, 'at',
        latest.occurred_at)
        order by latest.occurred_at, latest.person), '[]')
      from (
        select distinct on (event.author, event.details ->> 'person')
          event.author, event.value, event.occurred_at, event.details ->> 'person' as person
        from public.message_events as event
        where event.organization_id = settle_message.organization_id
          and event.message_id = settle_message.message_id and event.kind = 'reaction'
        order by event.author, event.details ->> 'person', event.occurred_at desc, event.value is null
      ) as latest
      where latest.value is not null
    )
  where message.organization_id = settle_message.organization_id and message.id = settle_message.message_id;
end
$$;
