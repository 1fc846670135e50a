-- Count a new conversation at the commit. A conversation and its contact are created in any order, by several at once:
-- the counter is locked last, so that no deadlock is possible.
create or replace function app.count_chat() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(new.organization_id, 'chats', 1);
  return null;
end
$$;
