-- A conversation and its contact are begun in any order, by several at once: its counter is locked last, at the commit,
-- so that nobody waits for another in a ring.
create or replace function app.count_chat() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(new.organization_id, 'chats', 1);
  return null;
end
$$;
