-- Return at most `max` rows of one kind, in no order, that have tokens of all three lists. There is one shape for all
-- queries, so that each kind has one plan, which the session keeps (the functions that clients call set this) and which
-- always uses the index of tokens.
create or replace function app.search_rows(organization uuid, kind text, first bigint[], second bigint[],
  third bigint[], max integer)
returns setof uuid
language plpgsql stable rows 30 set search_path = '' as $$
begin
  case kind
    when 'contact' then
      return query
      select contact.id from public.customers as contact
      where contact.organization_id = organization
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company,
          contact.email, contact.phone_number) && first
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company,
          contact.email, contact.phone_number) && second
        and app.contact_tokens(contact.organization_id, contact.first_name, contact.last_name, contact.company,
          contact.email, contact.phone_number) && third
      limit max;
    when 'item' then
      return query
      select item.id from public.items as item
      where item.organization_id = organization
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no,
          item.barcode) && first
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no,
          item.barcode) && second
        and app.item_tokens(item.organization_id, item.name, item.description, item.sku, item.item_no,
          item.barcode) && third
      limit max;
    when 'order' then
      return query
      select placed.id from public.orders as placed
      where placed.organization_id = organization
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && first
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && second
        and app.order_tokens(placed.organization_id, placed.order_number, placed.awb_number) && third
      limit max;
  end case;
end
$$;
