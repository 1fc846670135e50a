-- What people are called on Messenger and Instagram: their messages do not say, so a job asks the channel.

alter table public.channel_identities
  add column profile_due_at timestamptz,
  add column profile_attempts integer not null default 0;
comment on column public.channel_identities.profile_due_at is 'When the channel is asked what the person is called; null: it is known, or not to be had.';
comment on column public.channel_identities.profile_attempts is 'How often it was asked.';
create index channel_identities_profile_idx on public.channel_identities (profile_due_at) where profile_due_at is not null;

-- A new person of whom nothing but a page-scoped id is known is asked about at once.
create function app.ask_for_profile() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.kind = 'scoped_id' and exists (
    select from public.chats as chat
    where chat.organization_id = new.organization_id and chat.id = new.chat_id and chat.contact_name is null
  ) then
    new.profile_due_at := now();
  end if;
  return new;
end
$$;
create trigger ask_for_profile before insert on public.channel_identities
  for each row execute function app.ask_for_profile();
update public.channel_identities as identity
set profile_due_at = now()
from public.chats as chat
where identity.kind = 'scoped_id' and chat.organization_id = identity.organization_id and chat.id = identity.chat_id
  and chat.contact_name is null;

-- Gives the person a name where nobody has: the conversation its own, the contact one that has neither first nor last name.
create function app.name_person(
  organization_id uuid, channel_id uuid, scoped_id text, name text, first_name text, last_name text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  contact uuid;
begin
  update public.channel_identities as identity
  set profile_due_at = null
  where identity.organization_id = name_person.organization_id and identity.channel_id = name_person.channel_id
    and identity.kind = 'scoped_id' and identity.value = name_person.scoped_id;
  update public.chats as chat
  set contact_name = coalesce(chat.contact_name, left(name_person.name, 200))
  from public.channel_identities as identity
  where identity.organization_id = name_person.organization_id and identity.channel_id = name_person.channel_id
    and identity.kind = 'scoped_id' and identity.value = name_person.scoped_id
    and chat.organization_id = identity.organization_id and chat.id = identity.chat_id
  returning chat.customer_id into contact;
  update public.customers as person
  set first_name = left(name_person.first_name, 200), last_name = left(name_person.last_name, 200)
  where person.organization_id = name_person.organization_id and person.id = contact
    and person.first_name is null and person.last_name is null;
end
$$;
grant execute on function app.name_person to service_role;
