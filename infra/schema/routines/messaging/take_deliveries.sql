-- Take messages that are due and mark them as being sent, each with the moment at which it may leave: of each
-- conversation the first that is not out yet, of each channel as many as may leave no later than `ahead` from now. With
-- `wanted`, take no other message. `per_second` has the pace of each platform; to one WhatsApp person `pair_burst`
-- messages go out ahead, then one every `pair_every`. Who takes the queue skips a channel that another transaction
-- takes from; who takes one message waits.
create or replace function app.take_deliveries(
  wanted uuid, most integer, ahead interval, per_second jsonb, pair_every interval, pair_burst integer
) returns table (
  organization_id uuid, message_id uuid, chat_id uuid, channel_id uuid, request jsonb, attempts integer,
  was_repeated boolean, starts_at timestamptz
)
language plpgsql volatile security definer set search_path = '' rows 16 as $$
#variable_conflict use_column
declare
  channel record;
  free timestamptz;
  taken integer;
begin
  for channel in select due.* from app.list_due_channels(wanted, ahead, per_second) as due loop
    exit when most < 1;
    insert into public.channel_paces (organization_id, channel_id, free_at)
    values (channel.organization_id, channel.id, now())
    on conflict on constraint channel_paces_pkey do nothing;
    if wanted is null then
      select pace.free_at into free
      from public.channel_paces as pace
      where pace.organization_id = channel.organization_id and pace.channel_id = channel.id
      for update skip locked;
    else
      select pace.free_at into free
      from public.channel_paces as pace
      where pace.organization_id = channel.organization_id and pace.channel_id = channel.id
      for update;
    end if;
    continue when not found;
    return query
    select queued.organization_id, queued.message_id, queued.chat_id, queued.channel_id, queued.request,
      queued.attempts, queued.was_repeated, queued.next_attempt_at
    from app.take_from_channel(
      channel.organization_id, channel.id, channel.step, greatest(free, clock_timestamp()), wanted, most, ahead,
      case when channel.platform = 'whatsapp' then pair_every end, pair_burst
    ) as queued;
    get diagnostics taken = row_count;
    most := most - taken;
  end loop;
end
$$;
grant execute on function app.take_deliveries to service_role;
