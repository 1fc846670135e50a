-- Return whether a webhook body is about the account: its id is in it as a whole, in quotes or as a number.
create or replace function app.is_of_account(body bytea, account text) returns boolean
language sql immutable strict set search_path = ''
return position(convert_to('"' || account || '"', 'UTF8') in body) > 0
  or (account ~ '^[0-9]+$' and encode(body, 'escape') ~ ('[^0-9]' || account || '([^0-9]|$)'));
