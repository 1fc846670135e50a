-- Record an attempt, and return after how many seconds it may be made; 0 means now. The locks make the count exact
-- under a burst. Attempts that had to wait do not make the wait longer.
create or replace function app.record_attempt(
  kind text, subject text, ip_hash text, per_ip integer, ip_window interval, per_subject integer,
    subject_window interval
) returns table (id bigint, retry_after integer, limited_by text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  ip_wait interval;
  subject_wait interval;
begin
  perform pg_advisory_xact_lock(hashtextextended(record_attempt.kind || ' ip ' || record_attempt.ip_hash, 0));
  select min(attempt.created_at) + ip_window - now() into ip_wait
  from (
    select created_at from public.access_attempts as counted
    where counted.kind = record_attempt.kind and counted.ip_hash = record_attempt.ip_hash
      and counted.created_at > now() - ip_window and counted.outcome <> 'rate_limited'
    order by created_at desc limit per_ip
  ) as attempt
  having count(*) >= per_ip;
  if per_subject is not null then
    perform pg_advisory_xact_lock(hashtextextended(record_attempt.kind || ' subject ' || record_attempt.subject, 0));
    select min(attempt.created_at) + subject_window - now() into subject_wait
    from (
      select created_at from public.access_attempts as counted
      where counted.kind = record_attempt.kind and counted.subject = record_attempt.subject
        and counted.created_at > now() - subject_window and counted.outcome <> 'rate_limited'
      order by created_at desc limit per_subject
    ) as attempt
    having count(*) >= per_subject;
  end if;
  retry_after := ceil(extract(epoch from greatest(ip_wait, subject_wait, interval '0')));
  limited_by := case when retry_after = 0 then null when subject_wait is not distinct
    from greatest(ip_wait, subject_wait) then 'owner_email' else 'ip' end;
  insert into public.access_attempts (kind, subject, ip_hash, request_id, outcome)
  values (record_attempt.kind, record_attempt.subject, record_attempt.ip_hash, app.request_id(),
    case when retry_after > 0 then 'rate_limited' else 'admitted' end)
  returning access_attempts.id into id;
  return next;
end
$$;
grant execute on function app.record_attempt to service_role;
