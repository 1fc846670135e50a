-- Erase a contact: the identities, conversations, files, raw bodies and values of the trail. Orders stay as money and
-- goods, without the person. The person's data must have been exported within 30 days, unless nobody wants them.
-- app.erase_known does the work.
create or replace function app.erase_contact(contact uuid, without_export boolean)
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
begin
  perform from public.customers as person where person.organization_id = organization and person.id = contact
    for update;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  if not without_export and not exists (
    select from public.audit_events as event
    where event.organization_id = organization and event.entity_type = 'customers' and event.entity_id = contact
      and event.action = 'customers.export' and event.created_at > now() - interval '30 days'
  ) then
    perform app.refuse(409, 'export_first',
      'export the data with contact-export first, or send without_export if nobody wants them');
  end if;
  perform app.link_conversations(organization, contact);
  return query select * from app.erase_known(organization, contact, app.merged_contacts(organization, contact), '{}');
end
$$;
grant execute on function app.erase_contact to authenticated;
