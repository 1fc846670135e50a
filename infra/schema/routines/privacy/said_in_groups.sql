-- Return what people of these names said in groups.
create or replace function app.said_in_groups(organization uuid, names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(message.id), '{}')
  from public.messages as message
  where message.organization_id = said_in_groups.organization
    and message.chat_id = any (app.groups_of(said_in_groups.organization))
    and app.is_named_in(message.details -> 'group_sender', names)
$$;
grant execute on function app.said_in_groups to authenticated;
