-- Erase the webhook bodies that were read or given up and that name a channel of the organization and the person. A
-- body that was read stays as its hash, so that a repetition is known.
create or replace function app.erase_bodies(organization uuid, names text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  bodies bigint[];
begin
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
end
$$;
