-- Link the conversation to its contact, by what its person is known by now; two contacts that prove to be one are
-- merged.
create or replace function app.link_contact(channel public.channel_accounts, chat uuid, ids jsonb, phone text,
  name text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  accounts text[];
  -- A number that the person has given up may belong to somebody else.
  current_phone text;
  held uuid;
  contact uuid;
begin
  select
    array_agg(identity.value),
    max(link_contact.phone) filter (where identity.kind = 'wa_id' and identity.value = ids ->> 'wa_id')
  into accounts, current_phone
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.chat_id = link_contact.chat
    and identity.superseded_at is null;
  update public.chats as found
  set contact_phone = current_phone
  where found.organization_id = channel.organization_id and found.id = link_contact.chat
    and current_phone is not null and found.contact_phone is distinct from current_phone;
  select found.customer_id into held
  from public.chats as found
  where found.organization_id = channel.organization_id and found.id = link_contact.chat;
  contact := app.ensure_contact(channel.organization_id, channel.platform, accounts, current_phone,
    link_contact.name);
  if held is null then
    update public.chats as found
    set customer_id = contact
    where found.organization_id = channel.organization_id and found.id = link_contact.chat and contact is not null;
  elsif contact <> held then
    perform app.merge_contacts(channel.organization_id, held, contact);
  end if;
end
$$;
