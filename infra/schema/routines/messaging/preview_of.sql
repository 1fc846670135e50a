-- Return the text that shows a message in its conversation. Text that was changed, deleted or erased is not shown there
-- either.
create or replace function app.preview_of(message public.messages) returns text
language sql immutable set search_path = ''
return left(coalesce(nullif((message).content, ''), '[' || (message).message_type::text || ']'), 500);
