-- Refuse a call for lack of a scope: say why, what the credential holds (`granted`), and in `remedy` what would help:
-- exchange_again, ask_for_a_key or ask_an_owner. Where a role lacks a right, an owner or admin has it.
create or replace function app.refuse_scope(required text, held text[], key_scopes text[], role text) returns void
language plpgsql immutable set search_path = '' as $$
declare
  message text;
  remedy text;
begin
  if role is not null then
    remedy := 'ask_an_owner';
    message := format('this call needs an owner or admin of the organization, and your role is %s: '
      'ask one of them to do it', role);
  elsif required = 'manage' then
    remedy := 'ask_an_owner';
    message := 'only a person who is owner or admin of the organization may do that, and no API key: ask one of them';
  elsif required = any (key_scopes) then
    remedy := 'exchange_again';
    message := format(
      'this call needs %s; this token was narrowed to %s, and its API key holds %s: '
      'exchange the key again, with a wider scope or without one',
      required, array_to_string(held, ', '), array_to_string(key_scopes, ', '));
  else
    remedy := 'ask_for_a_key';
    message := format(
      'this call needs %s; the API key behind this token holds %s: '
      'ask an owner or admin of the organization for a key with %s',
      required, array_to_string(key_scopes, ', '), required);
  end if;
  perform app.refuse(403, 'insufficient_scope', message,
    jsonb_build_object('required', required, 'granted', held, 'remedy', remedy));
end
$$;
