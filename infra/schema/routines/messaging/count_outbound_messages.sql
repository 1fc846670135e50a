-- Count the messages that are sent from here against the plan; deleting a sent message gives nothing back.
create or replace function app.count_outbound_messages() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(added_rows.organization_id, 'messages', count(*))
  from added_rows
  where added_rows.direction = 'outbound' and added_rows.origin = 'nexus'
  group by added_rows.organization_id;
  return null;
end
$$;
