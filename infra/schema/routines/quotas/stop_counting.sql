-- Let the count of inbound messages stop at its bound instead of refusing the message.
create or replace function app.stop_counting() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.unread_count := least(new.unread_count, 1000000000);
  new.unreachable_count := least(new.unreachable_count, 1000000000);
  return new;
end
$$;
