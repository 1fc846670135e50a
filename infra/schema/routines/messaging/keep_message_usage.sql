-- Give the unit of a failed message back to the month that it was taken from, and take it again if the message arrived
-- all the same. This runs at the end of the transaction, so that no counter is held while a conversation is waited for.
create or replace function app.keep_message_usage() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  change bigint := case when new.state = 'failed' then -1 else 1 end;
begin
  update public.usage_counters as counter
  set used = greatest(counter.used + change, 0), updated_at = now()
  from public.organizations as organization
  where organization.id = new.organization_id and counter.organization_id = new.organization_id
    and counter.resource = 'messages'
    and counter.period in ('total', app.counted_month(organization, new.created_at));
  return null;
end
$$;
