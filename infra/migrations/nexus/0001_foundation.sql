-- What every later file stands on: extensions, the schema `app` for our own functions, refusals, text folding.

create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gist with schema extensions;

create schema if not exists app;
grant usage on schema app to anon, authenticated, service_role, authenticator;
grant usage on schema extensions to anon, authenticated, service_role;

-- A platform may grant everything new to its API roles; here each file grants what it means to.
alter default privileges in schema public revoke all on tables from public, anon, authenticated;
alter default privileges in schema public revoke all on sequences from public, anon, authenticated;
alter default privileges revoke execute on functions from public;
alter default privileges in schema app revoke execute on functions from public, anon, authenticated;

-- Raises a refusal: SQLSTATE PTnnn is the HTTP status (PostgREST reads it too), DETAIL the fields a program reads.
create function app.refuse(status integer, code text, message text, fields jsonb default '{}') returns void
language plpgsql set search_path = '' as $$
begin
  raise exception using
    errcode = 'PT' || refuse.status,
    message = refuse.message,
    detail = (jsonb_build_object('error', refuse.code) || refuse.fields)::text;
end
$$;
grant execute on function app.refuse to anon, authenticated, service_role;

create function app.claims() returns jsonb
language sql stable set search_path = ''
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
grant execute on function app.claims to anon, authenticated, service_role;

create function app.request_id() returns text
language sql stable set search_path = ''
return nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id';
grant execute on function app.request_id to anon, authenticated, service_role;

-- One spelling for search and comparison: compatibility forms, accents, Arabic diacritics, tatweel and invisible marks
-- dropped, lower case, Arabic letter forms as Lucene's ArabicNormalizer has them, Arabic-Indic and Persian digits as
-- ASCII, white space collapsed. kernel.text.fold is its twin in Python; a property test keeps them equal.
create function app.fold(value text) returns text
language sql immutable strict parallel safe set search_path = ''
return btrim(regexp_replace(
  translate(
    lower(regexp_replace(
      normalize(value, NFKD),
      '[\u0300-\u036F\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]',
      '', 'g'
    )),
    'أإآٱىةؤئیکς٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
    'اااايهوييكσ01234567890123456789'
  ),
  '\s+', ' ', 'g'
));
grant execute on function app.fold to anon, authenticated, service_role;

create function app.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
