-- A conversation's preview is its newest message that can be read: words that were changed, taken back or erased leave it too.

create function app.preview_of(message public.messages) returns text
language sql immutable set search_path = ''
return left(coalesce(nullif((message).content, ''), '[' || (message).message_type::text || ']'), 500);

create function app.show_newest_message(organization uuid, chats uuid[]) returns void
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

create function app.show_changed_message() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.show_newest_message(new.organization_id, array[new.chat_id]);
  return null;
end
$$;
create trigger show_changed_message after update of content, deleted_at on public.messages
  for each row when (old.content is distinct from new.content or old.deleted_at is distinct from new.deleted_at)
  execute function app.show_changed_message();

create function app.forget_shown_messages() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.show_newest_message(touched.organization_id, touched.chats)
  from (
    select gone.organization_id, array_agg(distinct gone.chat_id) as chats from gone group by gone.organization_id
  ) as touched;
  return null;
end
$$;
create trigger forget_shown_messages after delete on public.messages
  referencing old table as gone for each statement execute function app.forget_shown_messages();

alter table public.chats no force row level security;
alter table public.messages no force row level security;
select app.show_newest_message(touched.organization_id, touched.chats)
from (
  select message.organization_id, array_agg(distinct message.chat_id) as chats
  from public.messages as message
  where message.deleted_at is not null or message.edited_at is not null
  group by message.organization_id
) as touched;
alter table public.messages force row level security;
alter table public.chats force row level security;
