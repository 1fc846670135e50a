-- Keep the name that somebody gave a conversation.
create or replace function app.keep_given_name() returns trigger
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
