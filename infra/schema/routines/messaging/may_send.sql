-- Return what the channel lets through now. After 24 hours without a message from the customer, WhatsApp takes
-- templates only; Messenger and Instagram take for seven days what a person of the business wrote, then nothing.
create or replace function app.may_send(platform text, channel_status text, last_inbound_at timestamptz) returns text
language sql stable set search_path = ''
return case
  when channel_status is distinct from 'connected' then 'nothing'
  when last_inbound_at > now() - interval '24 hours' then 'anything'
  when platform = 'whatsapp' then 'templates'
  when last_inbound_at > now() - interval '7 days' then 'written_by_a_person'
  else 'nothing'
end;
grant execute on function app.may_send to authenticated, service_role;
