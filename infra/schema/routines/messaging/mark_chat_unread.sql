-- Mark a conversation as unread, and return whether the caller's organization has it.
create or replace function app.mark_chat_unread(chat_id uuid) returns boolean
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
