-- Make one piece of work that was set aside due now.
create or replace function app.retry_piece(chosen public.set_aside) returns void
language plpgsql volatile set search_path = '' as $$
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
      delete from public.set_aside as aside where aside.id = chosen.id and aside.error_code = 'unchangeable';
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
end
$$;
