-- Let what was set aside be tried again now, of one organization, of one queue, or all, bodies that nobody could
-- read among them; return how many pieces. One that cannot be tried again, because a rule of today refuses what it
-- would change, keeps no other from it: it is not counted, and the log of Postgres says why.
create or replace function app.retry_set_aside(organization uuid, queue text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  chosen record;
  tried bigint := 0;
  unread bigint := 0;
begin
  for chosen in
    select aside.*
    from public.set_aside as aside
    where (retry_set_aside.organization is null or aside.organization_id = retry_set_aside.organization)
      and (retry_set_aside.queue is null or aside.queue = retry_set_aside.queue)
    for update
  loop
    begin
      update public.set_aside as aside set next_attempt_at = now() where aside.id = chosen.id;
      case chosen.queue
        when 'messages' then
          update public.message_deliveries as delivery
          set state = 'queued', state_since = now(), attempts = 0, next_attempt_at = now(), error = null
          where delivery.organization_id = chosen.organization_id and delivery.message_id = chosen.subject::uuid
            and delivery.state = 'failed';
          update public.messages as message
          set status = 'queued', error = null
          where message.organization_id = chosen.organization_id and message.id = chosen.subject::uuid
            and message.status = 'failed';
          update public.set_aside as aside set next_attempt_at = null where aside.id = chosen.id;
        when 'files' then
          update public.media_tasks as task
          set available_at = now()
          where task.organization_id = chosen.organization_id and task.media_id = chosen.subject::uuid;
        when 'names' then
          update public.channel_identities as identity
          set profile_due_at = now(), profile_attempts = 0
          where identity.organization_id = chosen.organization_id and identity.kind = 'scoped_id'
            and identity.channel_id = split_part(chosen.subject, ':', 1)::uuid
            and identity.value = substr(chosen.subject, strpos(chosen.subject, ':') + 1);
        when 'tokens' then
          update public.channel_accounts as account
          set token_due_at = now()
          where account.organization_id = chosen.organization_id and account.id = chosen.subject::uuid;
        else
          null;
      end case;
      tried := tried + 1;
    exception when others then
      raise warning 'set_aside %: %', chosen.id, sqlerrm;
    end;
  end loop;
  if retry_set_aside.organization is null and coalesce(retry_set_aside.queue, 'webhooks') = 'webhooks' then
    update public.webhook_inbox as body
    set available_at = now()
    where body.processed_at is null and body.last_error is not null;
    get diagnostics unread = row_count;
  end if;
  return tried + unread;
end
$$;
grant execute on function app.retry_set_aside to service_role;
