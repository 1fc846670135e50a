-- Return the digest of personal values.
create or replace function app.values_digest(salt bytea, changes jsonb) returns text
language sql immutable strict parallel safe set search_path = ''
return encode(sha256(salt || convert_to(changes::text, 'UTF8')), 'hex');
