-- The numbers and pages that an organization writes from, what people are known by there, and whose conversation is whose.
-- Nobody has released the tables that are altered here: they are empty wherever this runs.
-- squawk-ignore-file adding-foreign-key-constraint, ban-drop-constraint, constraint-missing-not-valid, disallowed-unique-constraint

create table public.channel_accounts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  platform text not null check (platform in ('whatsapp', 'facebook', 'instagram')),
  external_id text not null check (external_id ~ '^[A-Za-z0-9_.-]{1,64}$'),
  waba_id text check (waba_id ~ '^[A-Za-z0-9_.-]{1,64}$'),
  page_id text check (page_id ~ '^[A-Za-z0-9_.-]{1,64}$'),
  display_name text check (length(display_name) <= 200),
  phone text check (length(phone) <= 50),
  status text not null default 'connected' check (status in ('connected', 'paused', 'blocked', 'disconnected')),
  status_reason text check (length(status_reason) <= 1000),
  resumes_at timestamptz,
  held_until timestamptz,
  token_sealed bytea,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id),
  unique (organization_id, platform, external_id)
);
-- A number or page has one organization at a time, so that a webhook has one reader. Only the service writes here, after
-- the provider has shown that the caller controls the account.
create unique index channel_accounts_route_key on public.channel_accounts (platform, external_id)
  where status <> 'disconnected';
create index channel_accounts_waba_idx on public.channel_accounts (waba_id);
create index channel_accounts_list_idx on public.channel_accounts (organization_id, created_at desc, id desc);
comment on table public.channel_accounts is 'Numbers and pages that the organization writes from.';
comment on column public.channel_accounts.id is 'Made by the database.';
comment on column public.channel_accounts.organization_id is 'The organization that the row belongs to.';
comment on column public.channel_accounts.platform is 'whatsapp, facebook or instagram.';
comment on column public.channel_accounts.external_id is 'Meta''s id: the phone number id, the page id or the Instagram id.';
comment on column public.channel_accounts.waba_id is 'The WhatsApp Business account that the number belongs to; its templates serve the number.';
comment on column public.channel_accounts.page_id is 'Of an Instagram account connected through its page: the page that messages are sent by.';
comment on column public.channel_accounts.display_name is 'What people call the number or page.';
comment on column public.channel_accounts.phone is 'The number as it is written for people.';
comment on column public.channel_accounts.status is 'connected sends. paused: held by the organization. blocked: stopped by Meta. disconnected: the access has ended. What is queued waits.';
comment on column public.channel_accounts.status_reason is 'Why it is not connected, for people.';
comment on column public.channel_accounts.resumes_at is 'When a blocked channel is tried again; null: not by itself.';
comment on column public.channel_accounts.held_until is 'Meta asked for less: nothing is sent before.';
comment on column public.channel_accounts.details is 'What Meta last told of the account: quality, tier, username.';
comment on column public.channel_accounts.created_at is 'When the row was made.';
comment on column public.channel_accounts.updated_at is 'When the row last changed.';

alter table public.chats
  add column channel_id uuid,
  add column last_inbound_at timestamptz,
  add column entry_point_at timestamptz,
  add column referral jsonb,
  add column delivered_until timestamptz,
  add column read_until timestamptz,
  add column held_until timestamptz,
  add column unreachable_count integer not null default 0,
  add column marketing_stopped_at timestamptz,
  add column merged_into uuid,
  add constraint chats_referral_check check (jsonb_typeof(referral) = 'object'),
  add constraint chats_unreachable_count_check check (unreachable_count >= 0),
  drop constraint chats_organization_id_platform_platform_chat_id_key,
  add constraint chats_thread_key unique nulls not distinct (organization_id, platform, channel_id, platform_chat_id),
  add constraint chats_channel_fkey foreign key (organization_id, channel_id)
    references public.channel_accounts (organization_id, id) on delete set null (channel_id),
  add constraint chats_merged_into_fkey foreign key (organization_id, merged_into)
    references public.chats (organization_id, id) on delete set null (merged_into);
create index chats_channel_idx on public.chats (organization_id, channel_id, last_message_time desc);
create index chats_merged_into_idx on public.chats (organization_id, merged_into);
comment on column public.chats.channel_id is 'The number or page (channel_accounts.id) that the conversation is held on.';
comment on column public.chats.last_inbound_at is 'When the customer last wrote, by the channel''s clock: the window to answer is open for 24 hours from then.';
comment on column public.chats.entry_point_at is 'When the customer last came in through an advertisement or a page button.';
comment on column public.chats.referral is 'The advertisement, post or link that the customer came from.';
comment on column public.chats.delivered_until is 'Messages until then have reached the customer''s device (Messenger).';
comment on column public.chats.read_until is 'Messages until then have been read (Messenger).';
comment on column public.chats.held_until is 'Meta asked for less to this person: nothing is sent before.';
comment on column public.chats.unreachable_count is 'How many messages in a row Meta could not bring to this person; from two on they count as unreachable.';
comment on column public.chats.marketing_stopped_at is 'Since when the customer wants no marketing messages.';
comment on column public.chats.merged_into is 'The conversation that this one went into when two persons proved to be one.';

create table public.channel_identities (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  kind text not null check (kind in ('wa_id', 'user_id', 'parent_user_id', 'scoped_id', 'group_id')),
  value text not null check (length(value) between 1 and 254),
  chat_id uuid not null,
  superseded_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (organization_id, channel_id, kind, value),
  foreign key (organization_id, channel_id) references public.channel_accounts (organization_id, id) on delete cascade,
  foreign key (organization_id, chat_id) references public.chats (organization_id, id) on delete cascade
);
create index channel_identities_chat_idx on public.channel_identities (organization_id, chat_id);
comment on table public.channel_identities is 'What the person of a conversation is known by on its channel: a WhatsApp user may have no phone number.';
comment on column public.channel_identities.organization_id is 'The organization that the row belongs to.';
comment on column public.channel_identities.channel_id is 'The number or page (channel_accounts.id): the same id elsewhere may be somebody else.';
comment on column public.channel_identities.kind is 'wa_id: a number without plus. user_id, parent_user_id: business-scoped. scoped_id: page-scoped. group_id: a group.';
comment on column public.channel_identities.value is 'As the channel writes it, never rewritten.';
comment on column public.channel_identities.chat_id is 'The conversation with this person (chats.id).';
comment on column public.channel_identities.superseded_at is 'Since when the person has another id of this kind; what was written before is still theirs.';
comment on column public.channel_identities.created_at is 'When the row was made.';

create trigger touch_updated_at before update on public.channel_accounts
  for each row execute function app.touch_updated_at();
create trigger audit after insert or update or delete on public.channel_accounts
  for each row execute function app.audit('token_sealed', 'held_until', 'details');

alter table public.channel_accounts enable row level security;
alter table public.channel_accounts force row level security;
create policy channel_accounts_select on public.channel_accounts for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select (
  id, organization_id, platform, external_id, waba_id, page_id, display_name, phone, status, status_reason, resumes_at,
  held_until, details, created_at, updated_at
) on public.channel_accounts to authenticated;
grant select, insert, update, delete on public.channel_accounts to service_role;

alter table public.channel_identities enable row level security;
alter table public.channel_identities force row level security;
create policy channel_identities_select on public.channel_identities for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.channel_identities to authenticated;
grant select, insert, update, delete on public.channel_identities to service_role;

-- Which conversations the person's ids name at that moment, oldest first, and how many of the ids are known.
create function app.conversations_named(channel public.channel_accounts, ids jsonb, at timestamptz)
returns table (chats uuid[], known bigint)
language sql stable security definer set search_path = '' as $$
  select array_agg(chat.id order by chat.created_at, chat.id) filter (where named.first), count(*)
  from (
    select identity.chat_id,
      row_number() over (partition by identity.chat_id order by identity.kind) = 1 as first
    from jsonb_each_text(ids) as given
    join public.channel_identities as identity
      on identity.organization_id = channel.organization_id and identity.channel_id = channel.id
        and identity.kind = given.key and identity.value = given.value
    where identity.superseded_at is null or conversations_named.at <= identity.superseded_at
  ) as named
  join public.chats as chat on chat.organization_id = channel.organization_id and chat.id = named.chat_id
$$;

-- Makes one conversation of two that prove to be with one person; the emptied one stays as a sign-post.
create function app.merge_chats(organization_id uuid, kept uuid, gone uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost public.chats;
  survivor uuid;
begin
  select chat.* into lost
  from public.chats as chat
  where chat.organization_id = merge_chats.organization_id and chat.id = gone
  for update;
  if lost.id is null or lost.merged_into is not null then
    return;
  end if;
  select chat.customer_id into survivor
  from public.chats as chat
  where chat.organization_id = merge_chats.organization_id and chat.id = kept
  for update;
  update public.messages as message
  set chat_id = kept
  where message.organization_id = merge_chats.organization_id and message.chat_id = gone;
  update public.message_deliveries as delivery
  set chat_id = kept
  where delivery.organization_id = merge_chats.organization_id and delivery.chat_id = gone;
  update public.channel_identities as identity
  set chat_id = kept
  where identity.organization_id = merge_chats.organization_id and identity.chat_id = gone;
  update public.chats as chat
  set
    merged_into = kept, is_archived = true, unread_count = 0, customer_id = null, platform_chat_id = 'merged ' || gone::text
  where chat.organization_id = merge_chats.organization_id and chat.id = gone;
  update public.chats as chat
  set
    customer_id = coalesce(chat.customer_id, lost.customer_id),
    contact_name = coalesce(chat.contact_name, lost.contact_name),
    contact_phone = coalesce(chat.contact_phone, lost.contact_phone),
    last_message = case when chat.last_message is null or lost.last_message_time > chat.last_message_time
      then coalesce(lost.last_message, chat.last_message) else chat.last_message end,
    last_message_time = greatest(chat.last_message_time, lost.last_message_time),
    last_inbound_at = greatest(chat.last_inbound_at, lost.last_inbound_at),
    entry_point_at = greatest(chat.entry_point_at, lost.entry_point_at),
    referral = coalesce(chat.referral, lost.referral),
    marketing_stopped_at = coalesce(chat.marketing_stopped_at, lost.marketing_stopped_at),
    unread_count = chat.unread_count + lost.unread_count,
    is_archived = chat.is_archived and lost.is_archived,
    assigned_to = coalesce(chat.assigned_to, lost.assigned_to)
  where chat.organization_id = merge_chats.organization_id and chat.id = kept;
  perform app.record_event(
    merge_chats.organization_id, 'chats.merge', 'chats', kept, jsonb_build_object('merged', gone)
  );
  if survivor is not null and lost.customer_id is not null then
    perform app.merge_contacts(merge_chats.organization_id, survivor, lost.customer_id);
  end if;
end
$$;

-- The one conversation with a person on a channel, found by any of their ids, made where there is none. Ids that stand
-- together are one person's: they are linked, and conversations that they prove to be one are merged. Whoever finds a
-- person incomplete holds the channel's lock, so that there is one conversation under any race.
-- `person`: the ids by kind, with name; `phone` is E.164 where the ids have a phone number.
create function app.conversation_with(channel_id uuid, person jsonb, phone text, at timestamptz) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  ids jsonb := jsonb_strip_nulls(person - 'name' - 'username');
  best text := coalesce(ids ->> 'group_id', ids ->> 'wa_id', ids ->> 'user_id', ids ->> 'parent_user_id', ids ->> 'scoped_id');
  accounts text[] := (select array_agg(given.value) from jsonb_each_text(ids) as given where given.key <> 'group_id');
  named record;
  chat uuid;
  other uuid;
  contact uuid;
  held uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = conversation_with.channel_id;
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  if cardinality(named.chats) = 1 and named.known = (select count(*) from jsonb_object_keys(ids)) then
    return named.chats[1];
  end if;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select found.* into named from app.conversations_named(channel, ids, conversation_with.at) as found;
  chat := named.chats[1];
  if chat is null then
    insert into public.chats
      (organization_id, platform, channel_id, platform_chat_id, contact_name, contact_phone, contact_platform_id,
       last_message_time)
    values (
      channel.organization_id, channel.platform, channel.id, best, left(person ->> 'name', 200),
      conversation_with.phone, best, conversation_with.at
    )
    on conflict on constraint chats_thread_key do update set contact_platform_id = excluded.contact_platform_id
    returning id into chat;
  end if;
  foreach other in array coalesce(named.chats[2:], '{}') loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(ids) as given
  on conflict on constraint channel_identities_pkey
  do update set chat_id = excluded.chat_id, superseded_at = null
  where identity.superseded_at < conversation_with.at;
  if ids ? 'group_id' then
    return chat;
  end if;
  select found.customer_id into held
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id = chat;
  contact := app.contact_known_as(
    channel.organization_id, channel.platform, accounts, conversation_with.phone, person ->> 'name'
  );
  if held is null then
    update public.chats as found
    set customer_id = contact
    where found.organization_id = channel.organization_id and found.id = chat and contact is not null;
  elsif contact <> held then
    perform app.merge_contacts(channel.organization_id, held, contact);
  end if;
  return chat;
end
$$;
grant execute on function app.conversation_with to service_role;

-- A person has a new number or id: what was written under the old one stays where it is, what is written under the new one
-- joins it. Null where neither is known yet: the next message makes the conversation.
create function app.change_identity(
  channel_id uuid, previous jsonb, current jsonb, previous_phone text, current_phone text, at timestamptz
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  before jsonb := jsonb_strip_nulls(coalesce(previous, '{}') - 'name' - 'username');
  after jsonb := jsonb_strip_nulls(current - 'name' - 'username');
  chats uuid[];
  chat uuid;
  other uuid;
  contact uuid;
begin
  select account.* into channel from public.channel_accounts as account where account.id = change_identity.channel_id;
  perform pg_advisory_xact_lock(hashtextextended('channel ' || channel.id::text, 0));
  select array_agg(found.id order by found.created_at, found.id) into chats
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id in (
    select unnest(named.chats) from app.conversations_named(channel, before, change_identity.at) as named
    union
    select unnest(named.chats) from app.conversations_named(channel, after, change_identity.at) as named
  );
  chat := chats[1];
  if chat is null then
    return null;
  end if;
  foreach other in array chats[2:] loop
    perform app.merge_chats(channel.organization_id, chat, other);
  end loop;
  update public.channel_identities as identity
  set superseded_at = change_identity.at
  from jsonb_each_text(before) as given
  where identity.organization_id = channel.organization_id and identity.channel_id = channel.id
    and identity.kind = given.key and identity.value = given.value and identity.chat_id = chat
    and after ->> given.key is distinct from given.value and after ? given.key;
  insert into public.channel_identities as identity (organization_id, channel_id, kind, value, chat_id)
  select channel.organization_id, channel.id, given.key, given.value, chat
  from jsonb_each_text(after) as given
  on conflict on constraint channel_identities_pkey do update set chat_id = excluded.chat_id, superseded_at = null;
  update public.chats as found
  set
    platform_chat_id = coalesce(after ->> 'wa_id', found.platform_chat_id),
    contact_platform_id = coalesce(after ->> 'wa_id', after ->> 'user_id', found.contact_platform_id),
    contact_phone = coalesce(change_identity.current_phone, found.contact_phone)
  where found.organization_id = channel.organization_id and found.id = chat
  returning found.customer_id into contact;
  if contact is not null then
    -- The old id may become another person's.
    delete from public.customer_identities as identity
    using jsonb_each_text(before) as given
    where identity.organization_id = channel.organization_id and identity.customer_id = contact
      and identity.kind = channel.platform and identity.value = given.value
      and after ? given.key and after ->> given.key <> given.value;
    insert into public.customer_identities (organization_id, customer_id, kind, value)
    select channel.organization_id, contact, channel.platform, given.value
    from jsonb_each_text(after) as given
    on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
    if change_identity.current_phone is not null then
      perform app.move_contact_phone(
        channel.organization_id, contact, change_identity.previous_phone, change_identity.current_phone
      );
    end if;
  end if;
  return chat;
end
$$;
grant execute on function app.change_identity to service_role;

-- What the channel lets through now. After 24 hours without a word from the customer WhatsApp takes templates only,
-- Messenger and Instagram for seven days what a person of the business wrote, then nothing.
create function app.may_send(platform text, channel_status text, last_inbound_at timestamptz) returns text
language sql stable set search_path = ''
return case
  when channel_status is distinct from 'connected' then 'nothing'
  when last_inbound_at > now() - interval '24 hours' then 'anything'
  when platform = 'whatsapp' then 'templates'
  when last_inbound_at > now() - interval '7 days' then 'written_by_a_person'
  else 'nothing'
end;
grant execute on function app.may_send to authenticated, service_role;

-- What the person of a conversation is known by now, by kind. A conversation that was brought in from elsewhere may have
-- nothing but the channel's id of the person.
create function app.known_by(chat public.chats) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(
    (
      select jsonb_object_agg(identity.kind, identity.value order by identity.created_at)
      from public.channel_identities as identity
      where identity.organization_id = chat.organization_id and identity.chat_id = chat.id
        and identity.superseded_at is null
    ),
    jsonb_strip_nulls(jsonb_build_object(
      case chat.platform when 'whatsapp' then 'wa_id' else 'scoped_id' end, chat.contact_platform_id
    ))
  )
$$;
grant execute on function app.known_by to authenticated, service_role;

-- The conversation with a phone number on a channel of the caller's own organization, for writing to it first.
create function app.start_conversation(channel_id uuid, wa_id text, phone text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.channel_accounts as account
  where account.id = start_conversation.channel_id and account.organization_id = app.organization_with('write');
  if not found then
    perform app.refuse(404, 'not_found', 'no such channel in this organization: check the id');
  end if;
  return app.conversation_with(
    start_conversation.channel_id, jsonb_build_object('wa_id', start_conversation.wa_id), start_conversation.phone, now()
  );
end
$$;
grant execute on function app.start_conversation to authenticated;
