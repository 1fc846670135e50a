-- Two routines that also create what they return have names that say so: their files now hold app.ensure_conversation
-- and app.ensure_contact.
-- squawk-ignore-file ban-drop-function
drop function app.conversation_with(uuid, jsonb, text, timestamptz);
drop function app.contact_known_as(uuid, text, text[], text, text);
