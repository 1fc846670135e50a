-- Make work that was set aside due now: of one organization, of one queue, or all, including bodies that nobody could
-- read. Return how many pieces. One that cannot be retried, because a rule of today refuses the change, does not keep
-- the others from it: it is not counted, and the log of Postgres says why.
create or replace function app.retry_set_aside(organization uuid, queue text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  chosen public.set_aside;
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
      perform app.retry_piece(chosen);
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
