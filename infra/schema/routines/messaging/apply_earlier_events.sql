-- Apply to a new message the events that came before it, and the moment until which all messages were delivered.
create or replace function app.apply_earlier_events(
  organization uuid, chat uuid, message uuid, platform_message_id text, direction text, sent_at timestamptz
) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.message_events as event
  set message_id = apply_earlier_events.message
  where event.organization_id = organization and event.message_id is null
    and event.platform_message_id = apply_earlier_events.platform_message_id;
  if found or exists (
    select from public.chats as found
    where found.organization_id = organization and found.id = chat and direction = 'outbound'
      and sent_at <= found.delivered_until
  ) then
    perform app.settle_message(organization, message);
  end if;
end
$$;
