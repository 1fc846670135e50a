-- Record one event of a channel, once, and apply it to the conversation that it is about, now or when there is one.
-- Return whether it is new. `event`: dedup_key, name, payload, occurred_at, and known_as where it is about a person.
create or replace function app.record_channel_event(channel_id uuid, event jsonb) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  given record;
  chat uuid;
begin
  select account.* into channel from public.channel_accounts as account
    where account.id = record_channel_event.channel_id;
  select told.* into given
  from jsonb_to_record(event) as told (
    dedup_key text, name text, payload jsonb, occurred_at timestamptz, known_as text[]
  );
  -- Whoever begins a conversation holds this lock: either it sees the event, or the event sees it.
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  insert into public.channel_events (organization_id, channel_id, dedup_key, name, payload, occurred_at, known_as)
  values (
    channel.organization_id, channel.id, given.dedup_key, given.name, given.payload, given.occurred_at, given.known_as
  )
  on conflict on constraint channel_events_organization_id_channel_id_dedup_key_key do nothing;
  if not found then
    return false;
  end if;
  select identity.chat_id into chat
  from unnest(given.known_as) as id
  join public.channel_identities as identity
    on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
      and identity.kind = split_part(id, ' ', 1) and identity.value = substr(id, strpos(id, ' ') + 1)
  where identity.superseded_at is null or given.occurred_at <= identity.superseded_at
  limit 1;
  if chat is not null then
    perform app.settle_channel_events(channel, chat);
  end if;
  return true;
end
$$;
grant execute on function app.record_channel_event to service_role;
