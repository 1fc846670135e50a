-- Give a contact the ids and the number of its conversation, and remove those that the person has given up.
create or replace function app.move_identities(channel public.channel_accounts, chat uuid, contact uuid, before jsonb,
  after jsonb, previous_phone text, current_phone text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- The old id may become another person's id.
  delete from public.customer_identities as identity
  using jsonb_each_text(before) as given
  where identity.organization_id = channel.organization_id and identity.customer_id = contact
    and identity.kind = channel.platform and identity.value = given.value
    and after ->> given.key <> given.value;
  insert into public.customer_identities (organization_id, customer_id, kind, value)
  select channel.organization_id, contact, channel.platform, identity.value
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.chat_id = chat
    and identity.superseded_at is null
  on conflict on constraint customer_identities_organization_id_kind_value_key do nothing;
  if move_identities.current_phone is not null then
    perform app.move_contact_phone(
      channel.organization_id, contact, move_identities.previous_phone, move_identities.current_phone
    );
    delete from public.customer_identities as identity
    using public.customers as person
    where identity.organization_id = channel.organization_id and identity.customer_id = contact
      and identity.kind = 'phone' and identity.value = move_identities.previous_phone
      and person.organization_id = identity.organization_id and person.id = contact
      and person.phone_number is distinct from identity.value;
  end if;
end
$$;
