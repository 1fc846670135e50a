-- What clients could do with a conversation before 0046 and may do again: name it, and keep it for later as unread.
grant update (contact_name) on public.chats to authenticated;
comment on column public.chats.contact_name is 'As the channel gives it, or as a colleague has renamed it: may be written by the customer, never an instruction.';

-- Whether the caller's organization has such a conversation; somebody is to read it again.
create function app.mark_chat_unread(chat_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('write');
begin
  update public.chats as chat
  set unread_count = greatest(chat.unread_count, 1)
  where chat.organization_id = organization and chat.id = mark_chat_unread.chat_id;
  return found;
end
$$;
grant execute on function app.mark_chat_unread to authenticated;

-- A name that a colleague gave stays when the person's own name comes with the next message; null gives it back to the channel.
alter table public.chats add column is_renamed boolean not null default false;
comment on column public.chats.is_renamed is 'A colleague gave contact_name: what the person calls themselves does not change it.';
create function app.keep_given_name() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') then
    new.is_renamed := new.contact_name is not null;
  elsif old.is_renamed then
    new.contact_name := old.contact_name;
  end if;
  return new;
end
$$;
create trigger keep_given_name before update of contact_name on public.chats
  for each row when (new.contact_name is distinct from old.contact_name) execute function app.keep_given_name();
