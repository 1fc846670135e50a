-- Request the profile of a new person at once where only a page-scoped id is known.
create or replace function app.ask_for_profile() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  if new.kind = 'scoped_id' and exists (
    select from public.chats as chat
    where chat.organization_id = new.organization_id and chat.id = new.chat_id and chat.contact_name is null
  ) then
    new.profile_due_at := now();
  end if;
  return new;
end
$$;
