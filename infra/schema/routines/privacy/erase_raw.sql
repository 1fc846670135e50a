-- Erase the webhook bodies that were read or given up and that name a channel of the organization and the person, and
-- what waits or waited about them. A body that was read stays as its hash, so that a repetition is known. All kept
-- answers are deleted, for they are sealed and nobody can tell whose they are; so are events of messages that never
-- came.
create or replace function app.erase_raw(organization uuid, people uuid[], threads uuid[], names text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  bodies bigint[];
begin
  delete from public.set_aside as aside
  where aside.organization_id = organization
    and exists (select from unnest(names) as name where strpos(concat_ws(' ', aside.subject, aside.fault), name) > 0);
  select array_agg(raw.id) into bodies
  from public.webhook_inbox as raw
  where (raw.processed_at is not null or raw.attempts >= 3)
    and exists (
      select from unnest(names) as name where position(convert_to(name, 'UTF8') in raw.body) > 0
    )
    and not exists (
      select from public.set_aside as theirs where theirs.inbox_id = raw.id and theirs.organization_id <> organization
    )
    and exists (
      select from public.channel_accounts as channel
      where channel.organization_id = organization
        and (app.is_of_account(raw.body, channel.waba_id) or app.is_of_account(raw.body, channel.external_id))
    );
  delete from public.webhook_inbox as raw
  where raw.id = any (bodies)
    and (raw.processed_at is null or exists (select from public.set_aside as aside where aside.inbox_id = raw.id));
  update public.webhook_inbox as raw set body = '' where raw.id = any (bodies);
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
