-- Record that a contact's data were exported. Nobody erases the contact meanwhile: a kept answer would outlive it.
create or replace function app.record_export(contact uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
begin
  perform from public.customers as person
  where person.organization_id = organization and person.id = contact
  for share;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  perform app.link_conversations(organization, contact);
  perform app.record_event(organization, 'customers.export', 'customers', contact, '{}');
end
$$;
grant execute on function app.record_export to authenticated;
