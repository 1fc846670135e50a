-- Record one event of a message, once, and settle the message if it is there; return null where there was nothing to
-- settle. `event`: dedup_key, platform_message_id, message_id where the provider returned ours, kind, value, author,
-- occurred_at, details.
create or replace function app.record_message_event(channel_id uuid, event jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := (select account.organization_id from public.channel_accounts as account
    where account.id = record_message_event.channel_id);
  given record;
  subject uuid;
begin
  select told.* into given
  from jsonb_to_record(record_message_event.event) as told (
    dedup_key text, platform_message_id text, message_id uuid, kind text, value text, author text,
    occurred_at timestamptz, details jsonb
  );
  select message.id into subject
  from public.messages as message
  where message.organization_id = organization and message.platform_message_id = given.platform_message_id;
  if subject is null then
    select delivery.message_id into subject
    from public.message_deliveries as delivery
    where delivery.organization_id = organization and delivery.message_id = given.message_id;
  end if;
  insert into public.message_events
    (organization_id, channel_id, dedup_key, platform_message_id, message_id, kind, value, author, occurred_at, details)
  values (
    organization, record_message_event.channel_id, given.dedup_key, given.platform_message_id, subject, given.kind,
    given.value, given.author, given.occurred_at, coalesce(given.details, '{}')
  )
  on conflict on constraint message_events_organization_id_channel_id_dedup_key_key do nothing;
  if not found or subject is null then
    return null;
  end if;
  perform app.name_message(organization, subject, given.platform_message_id);
  return subject;
end
$$;
grant execute on function app.record_message_event to service_role;
