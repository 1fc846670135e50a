-- Bring the message, and its delivery where it is ours, into the state that all its events together make. A failure
-- stays unless the message has arrived all the same.
create or replace function app.settle_message(organization_id uuid, message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  told record;
  ours public.message_deliveries;
  reached text;
begin
  select summed.* into told from app.sum_message_events(organization_id, message_id) as summed;
  select delivery.* into ours
  from public.message_deliveries as delivery
  where delivery.organization_id = settle_message.organization_id and delivery.message_id = settle_message.message_id
  for update;
  select greatest(coalesce(told.rank, 0), chat.rank) into told.rank
  from app.rank_by_watermarks(organization_id, message_id) as chat (rank);
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
    reactions = (select latest.reactions from app.list_reactions(message.organization_id, message.id) as latest)
  where message.organization_id = settle_message.organization_id and message.id = settle_message.message_id;
end
$$;
