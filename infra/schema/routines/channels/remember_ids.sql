-- Remember under which ids the person of a conversation was known before, and under which ids since.
create or replace function app.remember_ids(channel public.channel_accounts, chat uuid, before jsonb, after jsonb,
  at timestamptz) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- An old id is remembered as one even if nothing has come under it yet.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id, superseded_at)
  select channel.organization_id, channel.id, given.key, given.value, chat,
    case when after ->> given.key <> given.value then remember_ids.at end
  from jsonb_each_text(before) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = excluded.superseded_at
  where identity.superseded_at < remember_ids.at
    or (identity.superseded_at is null and excluded.superseded_at is not null and identity.chat_id = remember_ids.chat);
  -- An id that the person had then and has given up since stays given up.
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(after) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < remember_ids.at;
end
$$;
