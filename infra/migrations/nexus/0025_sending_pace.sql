-- How fast messages go out: so many a second from a number, and to one person so many ahead, then one in some seconds.
-- What would be too fast for Meta waits here instead of being refused there.

alter table public.channel_accounts
  add column messages_per_second integer,
  add constraint channel_accounts_messages_per_second_check check (messages_per_second between 1 and 10000) not valid;
comment on column public.channel_accounts.messages_per_second is 'What Meta has said that it takes of this number in a second; null: what it takes of any.';
grant select (messages_per_second) on public.channel_accounts to authenticated;

create table public.channel_paces (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  free_at timestamptz not null,
  primary key (organization_id, channel_id),
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id) on delete cascade
);
comment on table public.channel_paces is 'When the next message may leave a number or page. Whoever sends holds the row while it takes places.';
comment on column public.channel_paces.organization_id is 'The organization that the row belongs to.';
comment on column public.channel_paces.channel_id is 'The number or page (channel_accounts.id).';
comment on column public.channel_paces.free_at is 'All places before are taken.';

create table public.chat_paces (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  chat_id uuid not null,
  free_at timestamptz not null,
  primary key (organization_id, chat_id),
  foreign key (organization_id, chat_id) references public.chats (organization_id, id) on delete cascade
);
comment on table public.chat_paces is 'How far a WhatsApp number has borrowed ahead of what may be sent to one person.';
comment on column public.chat_paces.organization_id is 'The organization that the row belongs to.';
comment on column public.chat_paces.chat_id is 'The conversation (chats.id).';
comment on column public.chat_paces.free_at is 'When everything sent so far would be out at the lasting pace.';

alter table public.channel_paces enable row level security;
alter table public.channel_paces force row level security;
create policy channel_paces_select on public.channel_paces for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.channel_paces to authenticated;
grant select, insert, update, delete on public.channel_paces to service_role;

alter table public.chat_paces enable row level security;
alter table public.chat_paces force row level security;
create policy chat_paces_select on public.chat_paces for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.chat_paces to authenticated;
grant select, insert, update, delete on public.chat_paces to service_role;

comment on column public.message_deliveries.next_attempt_at is 'While queued: not before. Once it was handed to Meta: the place that it had in the pace of its number or page.';

-- Each channel's queue by itself, so that one that may not go on now keeps nobody else's from being found.
create index message_deliveries_queue_idx on public.message_deliveries (organization_id, channel_id, next_attempt_at)
  where state = 'queued';
-- squawk-ignore require-concurrent-index-deletion
drop index public.message_deliveries_due_idx;

-- The channels that have something queued, found without looking at what is queued.
create function app.channels_with_queue() returns table (organization_id uuid, channel_id uuid)
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

-- Takes messages whose turn it is, marked as being sent, each with the moment at which it may leave: of each conversation
-- the first that is not out yet, of each channel as many as have a place no later than `ahead` from now. `wanted` takes no
-- other than this one. `per_second` has the pace of each platform; to one WhatsApp person `pair_burst` go out ahead, then
-- one every `pair_every`. Who takes the queue passes over a channel that another takes from; who wants one message waits.
create function app.take_deliveries(
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
        and (chat.held_until is null or chat.held_until <= now())
        and (channel.platform <> 'whatsapp' or pace.free_at is null
          or pace.free_at <= clock_timestamp() + pair_every * (pair_burst - 1))
        and not exists (
          select from public.message_deliveries as earlier
          where earlier.organization_id = queued.organization_id and earlier.chat_id = queued.chat_id
            and earlier.state in ('queued', 'sending')
            and (earlier.created_at, earlier.message_id) < (queued.created_at, queued.message_id)
        )
      order by queued.next_attempt_at, queued.created_at
      limit least(most, ceil(extract(epoch from clock_timestamp() + ahead - free) / extract(epoch from channel.step)))
      for update of queued skip locked
    loop
      update public.message_deliveries as taken
      set state = 'sending', state_since = now(), attempts = taken.attempts + 1, next_attempt_at = free
      where taken.organization_id = chosen.organization_id and taken.message_id = chosen.message_id
      returning taken.organization_id, taken.message_id, taken.chat_id, taken.channel_id, taken.request, taken.attempts,
        taken.was_repeated, taken.next_attempt_at
      into organization_id, message_id, chat_id, channel_id, request, attempts, was_repeated, starts_at;
      if channel.platform = 'whatsapp' then
        insert into public.chat_paces as pace (organization_id, chat_id, free_at)
        values (chosen.organization_id, chosen.chat_id, free + pair_every)
        on conflict on constraint chat_paces_pkey
        do update set free_at = greatest(pace.free_at, free) + pair_every;
      end if;
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
