-- Return the columns that say something about a person, by table, with the names that an order's lines and other
-- systems have for them.
create or replace function app.personal_columns(entity text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return case entity
  when 'customers' then array[
    'first_name', 'last_name', 'email', 'phone_number', 'phone_raw', 'company', 'address', 'shopify_customer_id',
    'customer_label', 'tags', 'notes', 'metadata'
  ]
  when 'customer_identities' then array['value']
  when 'chats' then array[
    'platform_chat_id', 'contact_name', 'contact_phone', 'contact_platform_id', 'last_message', 'metadata', 'referral'
  ]
  when 'messages' then array['content', 'details', 'media_url', 'reactions', 'platform_message_id', 'reply_to', 'error']
  when 'media' then array['file_name', 'sha256']
  when 'orders' then array['shipping_address', 'notes', 'items', 'lines', 'shopify_order_id', 'awb_number']
  else '{}'
end;
