-- Move the events of a conversation to the one that it is merged into.
create or replace function app.move_channel_events() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.channel_events as event
  set chat_id = new.merged_into
  where event.organization_id = new.organization_id and event.chat_id = new.id;
  return null;
end
$$;
