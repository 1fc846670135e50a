-- Erase all data of these contacts, whether they exist or not, and of people who are known by these names alone.
create or replace function app.erase_known(organization uuid, contact uuid, people uuid[], names text[])
returns table (orders integer, conversations integer, messages integer, files integer, trail_events integer)
language plpgsql volatile set search_path = '' as $$
declare
  threads uuid[];
  said uuid[];
  bought uuid[];
  traced uuid[];
  shown uuid[];
  known_by uuid[];
begin
  names := names || app.names_of(organization, people, '{}') || app.former_names(organization, people);
  threads := app.threads_of(organization, people, names);
  names := names || app.names_of(organization, people, threads);
  select coalesce(array_agg(message.id), '{}') into said
  from public.messages as message
  where message.organization_id = organization and message.chat_id = any (threads);
  said := said || app.said_in_groups(organization, names);
  traced := app.orders_once_of(organization, people);
  select coalesce(array_agg(placed.id), '{}') into bought
  from public.orders as placed
  where placed.organization_id = organization and placed.id = any (traced)
    and (placed.customer_id is null or placed.customer_id = any (people));
  select coalesce(array_agg(identity.id), '{}') into known_by
  from public.customer_identities as identity
  where identity.organization_id = organization and identity.customer_id = any (people);
  perform app.erase_raw(organization, people, threads, names);
  shown := app.erase_files(organization, said);
  delete from public.messages as message where message.organization_id = organization and message.id = any (said);
  delete from public.chats as thread where thread.organization_id = organization and thread.id = any (threads);
  update public.chats as thread
  set contact_phone = null, contact_name = null
  where thread.organization_id = organization and ltrim(thread.contact_phone, '+') = any (names)
    and (thread.customer_id is null or thread.customer_id = any (people));
  perform app.erase_orders(organization, bought);
  delete from public.customers as person where person.organization_id = organization and person.id = any (people);
  trail_events := app.erase_values(organization, people, known_by, threads, said, traced, shown, names);
  orders := cardinality(bought);
  conversations := cardinality(threads);
  messages := cardinality(said);
  files := cardinality(shown);
  perform app.record_event(organization, 'customers.erase', 'customers', contact, jsonb_build_object(
    'orders', orders, 'conversations', conversations, 'messages', messages, 'files', files));
  return next;
end
$$;
