-- Show the conversation's newest message as it was changed.
create or replace function app.show_changed_message() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.show_newest_message(new.organization_id, array[new.chat_id]);
  return null;
end
$$;
