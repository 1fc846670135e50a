-- Link the conversations that a new identity of a contact names.
create or replace function app.link_conversations_of_identity() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.link_conversations(new.organization_id, new.customer_id);
  return null;
end
$$;
