-- A conversation's preview is its newest message that can be read: words that were changed, taken back or erased
-- leave it too.
create or replace function app.preview_of(message public.messages) returns text
language sql immutable set search_path = ''
return left(coalesce(nullif((message).content, ''), '[' || (message).message_type::text || ']'), 500);
