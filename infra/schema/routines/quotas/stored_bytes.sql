-- The bytes of the organizations' buckets. The schema is the platform's (0030): where its owner is another, they run this.
create or replace function app.stored_bytes(bucket text, metadata jsonb) returns bigint
language sql immutable parallel safe set search_path = ''
return case when bucket in ('message-media', 'labels', 'exports') and metadata ->> 'size' ~ '^\d{1,15}$'
  then (metadata ->> 'size')::bigint else 0 end;
