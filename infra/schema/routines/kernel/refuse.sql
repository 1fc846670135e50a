-- Raise a refusal: SQLSTATE PTnnn is the HTTP status (PostgREST reads it too), DETAIL has the fields for programs.
create or replace function app.refuse(status integer, code text, message text, fields jsonb default '{}') returns void
language plpgsql set search_path = '' as $$
begin
  raise exception using
    errcode = 'PT' || refuse.status,
    message = refuse.message,
    detail = (jsonb_build_object('error', refuse.code) || refuse.fields)::text;
end
$$;
grant execute on function app.refuse to anon, authenticated, service_role;
