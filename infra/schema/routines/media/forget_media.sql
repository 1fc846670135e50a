-- Delete the files that no message has shown: those of a channel after a day, uploaded ones after 30. Return how many.
create or replace function app.forget_media(most integer) returns bigint
language sql volatile set search_path = '' as $$
  select coalesce(sum(app.erase_media(old.organization_id, old.files)), 0)::bigint
  from (
    select file.organization_id, array_agg(file.id) as files
    from (
      select never.organization_id, never.id
      from public.organizations as organization
      cross join lateral (
        select kept.organization_id, kept.id
        from public.media as kept
        where kept.organization_id = organization.id and kept.status <> 'deleted'
          and kept.created_at < now() -
            case kept.origin when 'channel' then interval '1 day' else interval '30 days' end
          and not exists (
            select from public.message_media as shown
            where shown.organization_id = kept.organization_id and shown.media_id = kept.id
          )
        limit forget_media.most
      ) as never
      limit forget_media.most
    ) as file
    group by file.organization_id
  ) as old
$$;
grant execute on function app.forget_media to service_role;
