-- Erase the person's values in the trail: by their rows, by who had an order before a change and after, and by name.
create or replace function app.erase_values(
  organization uuid, people uuid[], known_by uuid[], threads uuid[], said uuid[], bought uuid[], shown uuid[],
    names text[]
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  erased integer;
begin
  delete from public.audit_values as kept
  using public.audit_events as event
  where kept.organization_id = organization and event.organization_id = organization and event.id = kept.event_id
    and (
      kept.customer_id = any (people)
      or event.entity_type = 'customer_identities' and event.entity_id = any (known_by)
      or event.entity_type = 'chats' and event.entity_id = any (threads)
      or event.entity_type = 'messages' and event.entity_id = any (said)
      or event.entity_type = 'messages' and event.changes ->> 'chat_id' = any (threads::text[])
      or event.entity_type = 'orders' and event.entity_id = any (bought)
      or event.entity_type = 'media' and event.entity_id = any (shown)
      or app.is_named_in(kept.changes, names)
    );
  get diagnostics erased = row_count;
  return erased;
end
$$;
