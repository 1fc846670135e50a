-- Give a person a name where nobody has: the conversation gets one if it has none, the contact if it has neither first
-- nor last name.
create or replace function app.name_person(
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
