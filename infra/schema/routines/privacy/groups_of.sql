-- Return the conversations of groups.
create or replace function app.groups_of(organization uuid) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(identity.chat_id), '{}')
  from public.channel_identities as identity
  where identity.organization_id = groups_of.organization and identity.kind = 'group_id'
$$;
grant execute on function app.groups_of to authenticated;
