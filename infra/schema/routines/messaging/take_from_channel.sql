-- Take messages of one channel, whose pace is locked, from the moment `free` on, one every `step`, and keep when the
-- channel is free again. A message that cannot be changed is skipped.
create or replace function app.take_from_channel(
  organization uuid, channel uuid, step interval, free timestamptz, wanted uuid, most integer,
  ahead interval, pair_every interval, pair_burst integer
) returns setof public.message_deliveries
language plpgsql volatile set search_path = '' rows 16 as $$
declare
  chosen record;
  taken public.message_deliveries;
  subjects text[];
begin
  for chosen in
    select queued.message_id
    from public.message_deliveries as queued
    join public.chats as chat on chat.organization_id = queued.organization_id and chat.id = queued.chat_id
    left join public.chat_paces as pace
      on pace.organization_id = queued.organization_id and pace.chat_id = queued.chat_id
    where queued.organization_id = organization and queued.channel_id = channel
      and queued.state = 'queued' and queued.next_attempt_at <= now() and (wanted is null or queued.message_id = wanted)
      and (queued.attempts > 0 or not exists (
        select from public.set_aside as aside
        where aside.organization_id = queued.organization_id and aside.queue = 'messages'
          and aside.subject = queued.message_id::text and aside.error_code = 'unchangeable'
          and aside.updated_at > now() - interval '1 hour'
      ))
      and (chat.held_until is null or chat.held_until <= now())
      and (pair_every is null or pace.free_at is null
        or pace.free_at <= clock_timestamp() + pair_every * (pair_burst - 1))
      and not exists (
        select from public.message_deliveries as earlier
        where earlier.organization_id = queued.organization_id and earlier.chat_id = queued.chat_id
          and earlier.state in ('queued', 'sending')
          and (earlier.created_at, earlier.message_id) < (queued.created_at, queued.message_id)
      )
    order by queued.next_attempt_at, queued.created_at, queued.message_id
    limit least(most, ceil(extract(epoch from clock_timestamp() + ahead - free) / extract(epoch from step)))
    for update of queued skip locked
  loop
    taken := app.take_delivery(organization, chosen.message_id, free, pair_every);
    continue when taken.message_id is null;
    free := free + step;
    subjects := subjects || taken.message_id::text;
    return next taken;
  end loop;
  delete from public.set_aside as aside
  where aside.organization_id = organization and aside.queue = 'messages' and aside.subject = any(subjects)
    and aside.error_code = 'unchangeable';
  update public.channel_paces as pace set free_at = free
  where pace.organization_id = organization and pace.channel_id = channel;
end
$$;
