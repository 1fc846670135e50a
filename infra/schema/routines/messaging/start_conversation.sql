-- Return the conversation with a phone number on a channel of the caller's own organization, for writing to it first. A
-- person who is known under the other form of the number is written to under that form.
create or replace function app.start_conversation(channel_id uuid, wa_id text, phone text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  channel public.channel_accounts;
  known text;
begin
  select account.* into channel
  from public.channel_accounts as account
  where account.id = start_conversation.channel_id and account.organization_id = app.organization_with('write');
  if channel.id is null then
    perform app.refuse(404, 'not_found', 'no such channel in this organization: check the id');
  end if;
  select identity.value into known
  from public.channel_identities as identity
  where identity.organization_id = channel.organization_id and identity.channel_id = channel.id
    and identity.kind = 'wa_id' and '+' || identity.value = any (app.phone_forms('+' || start_conversation.wa_id))
    and identity.superseded_at is null
  order by identity.value = start_conversation.wa_id desc, identity.created_at
  limit 1;
  return app.ensure_conversation(
    channel.id, jsonb_build_object('wa_id', coalesce(known, start_conversation.wa_id)), start_conversation.phone, now()
  );
end
$$;
grant execute on function app.start_conversation to authenticated;
