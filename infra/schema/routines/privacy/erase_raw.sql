-- Erase what waits or waited about the person, and what came from channels and names the person. All kept answers are
-- deleted, for they are sealed and nobody can tell whose they are; so are events of messages that never came.
create or replace function app.erase_raw(organization uuid, people uuid[], threads uuid[], names text[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  delete from public.set_aside as aside
  where aside.organization_id = organization
    and exists (select from unnest(names) as name where strpos(concat_ws(' ', aside.subject, aside.fault), name) > 0);
  perform app.erase_bodies(organization, names);
  delete from public.channel_events as told
  where told.organization_id = organization and told.chat_id is null
    and (app.is_named_in(told.payload, names)
      or exists (select from unnest(names) as name where strpos(told.dedup_key, name) > 0));
  delete from public.message_events as told
  where told.organization_id = organization
    and (
      told.message_id is null and told.kind in ('edit', 'reaction')
      or exists (
        select from unnest(names) as name
        where strpos(concat_ws(' ', told.dedup_key, told.platform_message_id, told.value, told.details::text), name) > 0
      )
    );
  delete from public.outbox as work
  where work.organization_id = organization
    and exists (
      select from unnest(names || people::text[] || threads::text[]) as name where strpos(work.payload::text, name) > 0
    );
  delete from public.idempotency_keys as answer where answer.organization_id = organization;
end
$$;
