-- Return the id of the request, as its headers have it.
create or replace function app.request_id() returns text
language sql stable
return nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id';
grant execute on function app.request_id to anon, authenticated, service_role;
