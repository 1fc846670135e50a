-- Return the bytes of an object of the organizations' buckets.
create or replace function app.stored_bytes(bucket text, metadata jsonb) returns bigint
language sql immutable parallel safe set search_path = ''
return case when bucket in ('message-media', 'labels', 'exports') and metadata ->> 'size' ~ '^\d{1,15}$'
  then (metadata ->> 'size')::bigint else 0 end;
