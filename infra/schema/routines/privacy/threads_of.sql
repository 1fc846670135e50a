-- Return the contacts' conversations, those with the names that have no contact, and those that were merged into them;
-- no groups.
create or replace function app.threads_of(organization uuid, people uuid[], names text[]) returns uuid[]
language sql stable set search_path = '' as $$
  with recursive thread (id) as (
    select chat.id
    from public.chats as chat
    where chat.organization_id = threads_of.organization and (
      chat.customer_id = any (people)
      or chat.customer_id is null and chat.id <> all (app.groups_of(threads_of.organization)) and (
        ltrim(chat.contact_phone, '+') = any (names)
        or chat.platform_chat_id = any (names)
        or exists (
          select from public.channel_identities as identity
          where identity.organization_id = threads_of.organization and identity.chat_id = chat.id
            and identity.value = any (names) and identity.superseded_at is null
        )
      )
    )
    union
    select chat.id
    from thread
    join public.chats as chat on chat.organization_id = threads_of.organization and chat.merged_into = thread.id
  )
  select coalesce(array_agg(thread.id), '{}') from thread
$$;
grant execute on function app.threads_of to authenticated;
