-- Give a message its id at the channel, and with the id the events that came before. Return false where another message
-- has that id.
create or replace function app.name_message(organization_id uuid, message_id uuid, platform_message_id text)
  returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Everybody locks the delivery before the message.
  perform from public.message_deliveries as delivery
  where delivery.organization_id = name_message.organization_id and delivery.message_id = name_message.message_id
  for update;
  -- An echo that came before the answer to our sending, and without our own id, is a message of its own.
  update public.message_events as event
  set message_id = name_message.message_id
  from public.messages as echo
  where echo.organization_id = name_message.organization_id
    and echo.platform_message_id = name_message.platform_message_id and echo.id <> name_message.message_id
    and echo.direction = 'outbound' and echo.origin = 'channel'
    and event.organization_id = echo.organization_id and event.message_id = echo.id;
  delete from public.messages as echo
  where echo.organization_id = name_message.organization_id
    and echo.platform_message_id = name_message.platform_message_id and echo.id <> name_message.message_id
    and echo.direction = 'outbound' and echo.origin = 'channel';
  update public.messages as message
  set platform_message_id = name_message.platform_message_id
  where message.organization_id = name_message.organization_id and message.id = name_message.message_id
    and message.platform_message_id is null
    and not exists (
      select from public.messages as other
      where other.organization_id = name_message.organization_id
        and other.platform_message_id = name_message.platform_message_id
    );
  update public.message_events as event
  set message_id = name_message.message_id
  where event.organization_id = name_message.organization_id
    and event.platform_message_id = name_message.platform_message_id and event.message_id is null;
  perform app.settle_message(name_message.organization_id, name_message.message_id);
  return exists (
    select from public.messages as message
    where message.organization_id = name_message.organization_id and message.id = name_message.message_id
      and message.platform_message_id = name_message.platform_message_id
  );
end
$$;
grant execute on function app.name_message to service_role;
