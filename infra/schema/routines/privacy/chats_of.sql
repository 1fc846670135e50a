-- Return the conversations of these contacts, and those that were merged into them.
create or replace function app.chats_of(organization uuid, people uuid[]) returns uuid[]
language sql stable set search_path = '' as $$
  with recursive thread (id) as (
    select chat.id from public.chats as chat where chat.organization_id = organization
      and chat.customer_id = any (people)
    union
    select chat.id
    from thread
    join public.chats as chat on chat.organization_id = organization and chat.merged_into = thread.id
  )
  select coalesce(array_agg(thread.id), '{}') from thread
$$;
