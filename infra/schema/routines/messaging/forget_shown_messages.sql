-- Show the newest message that is left where messages were deleted.
create or replace function app.forget_shown_messages() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.show_newest_message(touched.organization_id, touched.chats)
  from (
    select gone.organization_id, array_agg(distinct gone.chat_id) as chats from gone group by gone.organization_id
  ) as touched;
  return null;
end
$$;
