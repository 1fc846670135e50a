-- Copy what a merged contact had into the one that is kept, up to what one contact may have.
create or replace function app.add_to_contact(kept uuid, lost public.customers) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.customers as contact
  set
    first_name = coalesce(contact.first_name, lost.first_name),
    last_name = coalesce(contact.last_name, lost.last_name),
    email = coalesce(contact.email, lost.email),
    phone_number = coalesce(contact.phone_number, lost.phone_number),
    phone_raw = coalesce(contact.phone_raw, lost.phone_raw),
    company = coalesce(contact.company, lost.company),
    address = coalesce(contact.address, lost.address),
    shopify_customer_id = coalesce(contact.shopify_customer_id, lost.shopify_customer_id),
    customer_label = coalesce(contact.customer_label, lost.customer_label),
    journey_stage_id = coalesce(contact.journey_stage_id, lost.journey_stage_id),
    lead_source_id = coalesce(contact.lead_source_id, lost.lead_source_id),
    assigned_to = coalesce(contact.assigned_to, lost.assigned_to),
    customer_score = greatest(contact.customer_score, lost.customer_score),
    tags = (select coalesce(array_agg(distinct tag), '{}') from unnest(contact.tags || lost.tags) as tag)[:50],
    last_contact = greatest(contact.last_contact, lost.last_contact),
    next_follow_up = least(contact.next_follow_up, lost.next_follow_up),
    notes = left(concat_ws(E'\n\n', contact.notes, lost.notes), 10000),
    metadata = case when app.is_readable_json(lost.metadata || contact.metadata, 'object', 16384, 8)
      then lost.metadata || contact.metadata else contact.metadata end
  where contact.organization_id = lost.organization_id and contact.id = kept;
end
$$;
