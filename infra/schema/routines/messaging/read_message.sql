-- Return the columns of a message that a channel has sent as JSON. Postgres puts the body in its place.
create or replace function app.read_message(message jsonb)
returns table (
  platform_message_id text, direction text, message_type text, content text, details jsonb, media_type text,
  "timestamp" timestamptz, origin text, reply_to text, referral jsonb, status text, message_id uuid
)
language sql stable
begin atomic
  select told.*
  from jsonb_to_record(message) as told (
    platform_message_id text, direction text, message_type text, content text, details jsonb, media_type text,
    "timestamp" timestamptz, origin text, reply_to text, referral jsonb, status text, message_id uuid
  );
end;
