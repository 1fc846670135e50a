-- Show the newest message of each conversation in it.
create or replace function app.show_newest_message(organization uuid, chats uuid[]) returns void
language sql volatile security definer set search_path = '' as $$
  update public.chats as chat
  set last_message = newest.preview
  from unnest(show_newest_message.chats) as changed (id)
  left join lateral (
    select app.preview_of(message) as preview
    from public.messages as message
    where message.organization_id = show_newest_message.organization and message.chat_id = changed.id
      and message.deleted_at is null
    order by message.timestamp desc, message.id desc
    limit 1
  ) as newest on true
  where chat.organization_id = show_newest_message.organization and chat.id = changed.id
    and chat.last_message is distinct from newest.preview
$$;
