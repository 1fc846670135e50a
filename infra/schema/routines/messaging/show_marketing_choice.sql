-- Show in the conversation whether its person has stopped marketing: the latest choice holds, in whatever order they
-- came.
create or replace function app.show_marketing_choice(organization uuid, chat uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.chats as found
  set marketing_stopped_at = case when latest.name = 'preference.stop' then latest.occurred_at end
  from (
    select event.name, event.occurred_at
    from public.channel_events as event
    where event.organization_id = organization and event.chat_id = chat
      and event.name in ('preference.stop', 'preference.resume')
    order by event.occurred_at desc, event.name desc
    limit 1
  ) as latest
  where found.organization_id = organization and found.id = chat;
end
$$;
