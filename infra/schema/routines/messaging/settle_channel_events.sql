-- Give the conversation the events of its person that came before it. A moment of delivery or reading is stored in the
-- conversation, and its event is deleted. Return the conversation that is left where an event proves two to be one.
create or replace function app.settle_channel_events(channel public.channel_accounts, chat uuid) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  settled uuid := chat;
  told public.channel_events;
begin
  loop
    select event.* into told
    from public.channel_events as event
    join public.channel_identities as identity
      on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
        and identity.chat_id = settled and event.known_as @> array[identity.kind || ' ' || identity.value]
        and (identity.superseded_at is null or event.occurred_at <= identity.superseded_at)
    where event.organization_id = channel.organization_id and event.channel_id = channel.id and event.chat_id is null
    order by event.occurred_at, event.dedup_key
    limit 1;
    exit when not found;
    if told.name in ('identity.number_changed', 'identity.user_id_changed') then
      settled := app.change_identity(
        channel.id, told.payload -> 'previous', told.payload -> 'current', told.payload ->> 'previous_phone',
        told.payload ->> 'current_phone', told.occurred_at
      );
    end if;
    if told.name in ('until.delivered', 'until.read') then
      perform app.record_watermark(
        channel.id, settled, split_part(told.name, '.', 2), (told.payload ->> 'watermark')::timestamptz
      );
      delete from public.channel_events as event
      where event.organization_id = channel.organization_id and event.id = told.id;
    else
      update public.channel_events as event
      set chat_id = settled
      where event.organization_id = channel.organization_id and event.id = told.id;
    end if;
  end loop;
  perform app.show_marketing_choice(channel.organization_id, settled);
  return settled;
end
$$;
