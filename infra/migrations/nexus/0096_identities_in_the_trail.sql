-- Forgetting a contact takes from the trail what its identities were too, where the event did not say whose they are (0078).
create or replace function app.erase_contact(contact uuid, without_export boolean)
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('admin');
  people uuid[];
  threads uuid[];
  said uuid[];
  bought uuid[];
  shown uuid[];
  known_by uuid[];
begin
  perform from public.customers as person where person.organization_id = organization and person.id = contact for update;
  if not found then
    perform app.refuse(404, 'not_found', 'no such contact in this organization: check the id');
  end if;
  if not without_export and not exists (
    select from public.audit_events as event
    where event.organization_id = organization and event.entity_type = 'customers' and event.entity_id = contact
      and event.action = 'customers.export' and event.created_at > now() - interval '30 days'
  ) then
    perform app.refuse(409, 'export_first',
      'hand out what is known with contact-export first, or say without_export where nobody wants it');
  end if;
  people := app.merged_contacts(organization, contact);
  threads := app.chats_of(organization, people);
  select coalesce(array_agg(message.id), '{}') into said
  from public.messages as message
  where message.organization_id = organization and message.chat_id = any (threads);
  select coalesce(array_agg(placed.id), '{}') into bought
  from public.orders as placed
  where placed.organization_id = organization and placed.customer_id = any (people);
  select coalesce(array_agg(identity.id), '{}') into known_by
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.customer_id = any (people);
  perform app.erase_raw(organization, people, threads, app.names_of(organization, people, threads));
  shown := app.erase_files(organization, threads);
  delete from public.chats as thread where thread.organization_id = organization and thread.id = any (threads);
  update public.orders as placed
  set shipping_address = null, notes = null, items = null
  where placed.organization_id = organization and placed.id = any (bought);
  delete from public.customers as person where person.organization_id = organization and person.id = any (people);
  delete from public.audit_values as kept
  using public.audit_events as event
  where kept.organization_id = organization and event.organization_id = organization and event.id = kept.event_id
    and (
      kept.customer_id = any (people)
      or event.entity_type = 'customer_identities' and event.entity_id = any (known_by)
      or event.entity_type = 'chats' and event.entity_id = any (threads)
      or event.entity_type = 'messages' and event.entity_id = any (said)
      or event.entity_type = 'orders' and event.entity_id = any (bought)
      or event.entity_type = 'media' and event.entity_id = any (shown)
    );
  get diagnostics trail_events = row_count;
  orders := cardinality(bought);
  conversations := cardinality(threads);
  messages := cardinality(said);
  files := cardinality(shown);
  perform app.record_event(organization, 'customers.erase', 'customers', contact, jsonb_build_object(
    'orders', orders, 'conversations', conversations, 'messages', messages, 'files', files));
  return next;
end
$$;
