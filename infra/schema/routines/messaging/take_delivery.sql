-- Mark a message as being sent at that moment; `pair_every` is how long the next one to the same person waits, null
-- where it need not. A message that cannot be changed is set aside, and null is returned.
create or replace function app.take_delivery(
  organization uuid, message uuid, starts_at timestamptz, pair_every interval
) returns public.message_deliveries
language plpgsql volatile set search_path = '' as $$
declare
  taken public.message_deliveries;
begin
  update public.message_deliveries as delivery
  set state = 'sending', state_since = now(), attempts = delivery.attempts + 1, next_attempt_at = starts_at
  where delivery.organization_id = organization and delivery.message_id = message
  returning delivery.* into taken;
  if pair_every is not null then
    insert into public.chat_paces as pace (organization_id, chat_id, free_at)
    values (organization, taken.chat_id, starts_at + pair_every)
    on conflict on constraint chat_paces_pkey
    do update set free_at = greatest(pace.free_at, starts_at) + pair_every;
  end if;
  return taken;
exception when others then
  insert into public.set_aside (organization_id, queue, subject, error_code, fault)
  values (organization, 'messages', message::text, 'unchangeable', left(sqlstate || ' ' || sqlerrm, 1000))
  on conflict on constraint set_aside_subject_key do update set updated_at = now();
  return null;
end
$$;
