-- Take messages whose turn it is, marked as being sent, each with the moment at which it may leave: of each
-- conversation the first that is not out yet, of each channel as many as have a place no later than `ahead` from
-- now. `wanted` takes no other than this one. `per_second` has the pace of each platform; to one WhatsApp person
-- `pair_burst` go out ahead, then one every `pair_every`. Who takes the queue passes over a channel that another
-- takes from; who wants one message waits.
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
  chosen record;
  free timestamptz;
begin
  for channel in
    select account.organization_id, account.id, account.platform, make_interval(
      secs => 1.0 / coalesce(account.messages_per_second, (per_second ->> account.platform)::integer)
    ) as step
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
    order by pace.free_at nulls first
  loop
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
    free := greatest(free, clock_timestamp());
    for chosen in
      select queued.organization_id, queued.message_id, queued.chat_id
      from public.message_deliveries as queued
      join public.chats as chat on chat.organization_id = queued.organization_id and chat.id = queued.chat_id
      left join public.chat_paces as pace
        on pace.organization_id = queued.organization_id and pace.chat_id = queued.chat_id
      where queued.organization_id = channel.organization_id and queued.channel_id = channel.id
        and queued.state = 'queued' and queued.next_attempt_at <= now()
        and (wanted is null or queued.message_id = wanted)
        and (queued.attempts > 0 or not exists (
          select from public.set_aside as aside
          where aside.organization_id = queued.organization_id and aside.queue = 'messages'
            and aside.subject = queued.message_id::text and aside.error_code = 'unchangeable'
            and aside.updated_at > now() - interval '1 hour'
        ))
        and (chat.held_until is null or chat.held_until <= now())
        and (channel.platform <> 'whatsapp' or pace.free_at is null
          or pace.free_at <= clock_timestamp() + pair_every * (pair_burst - 1))
        and not exists (
          select from public.message_deliveries as earlier
          where earlier.organization_id = queued.organization_id and earlier.chat_id = queued.chat_id
            and earlier.state in ('queued', 'sending')
            and (earlier.created_at, earlier.message_id) < (queued.created_at, queued.message_id)
        )
      order by queued.next_attempt_at, queued.created_at, queued.message_id
      limit least(most, ceil(extract(epoch from clock_timestamp() + ahead - free) / extract(epoch from channel.step)))
      for update of queued skip locked
    loop
      begin
        update public.message_deliveries as taken
        set state = 'sending', state_since = now(), attempts = taken.attempts + 1, next_attempt_at = free
        where taken.organization_id = chosen.organization_id and taken.message_id = chosen.message_id
        returning taken.organization_id, taken.message_id, taken.chat_id, taken.channel_id, taken.request,
          taken.attempts,
          taken.was_repeated, taken.next_attempt_at
        into organization_id, message_id, chat_id, channel_id, request, attempts, was_repeated, starts_at;
        if channel.platform = 'whatsapp' then
          insert into public.chat_paces as pace (organization_id, chat_id, free_at)
          values (chosen.organization_id, chosen.chat_id, free + pair_every)
          on conflict on constraint chat_paces_pkey
          do update set free_at = greatest(pace.free_at, free) + pair_every;
        end if;
      exception when others then
        insert into public.set_aside (organization_id, queue, subject, error_code, fault)
        values (
          chosen.organization_id, 'messages', chosen.message_id::text, 'unchangeable',
            left(sqlstate || ' ' || sqlerrm, 1000)
        )
        on conflict on constraint set_aside_subject_key do update set updated_at = now();
        continue;
      end;
      most := most - 1;
      free := free + channel.step;
      return next;
    end loop;
    update public.channel_paces as pace
    set free_at = free
    where pace.organization_id = channel.organization_id and pace.channel_id = channel.id;
  end loop;
end
$$;
grant execute on function app.take_deliveries to service_role;
