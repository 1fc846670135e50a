-- Return the claims of a person's access token: the given ones, as the project's own hook changes them where it has
-- one.
create or replace function auth.access_token_claims(user_id uuid, claims jsonb, method text) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  if to_regprocedure('app.custom_access_token_hook(jsonb)') is null then
    return claims;
  end if;
  return app.custom_access_token_hook(jsonb_build_object(
    'user_id', user_id, 'claims', claims, 'authentication_method', method
  )) -> 'claims';
end
$$;
grant execute on function auth.access_token_claims(uuid, jsonb, text) to supabase_auth_admin;

-- The claims of an access token as the schema's own hook changes them, and after it the one that `hook` names, as
-- schema.function: it takes and returns an event as Supabase Auth's custom access token hook does. Its `error` is
-- returned.
create or replace function auth.access_token_claims(user_id uuid, claims jsonb, method text, hook text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  answer jsonb := jsonb_build_object('claims', auth.access_token_claims(user_id, claims, method));
begin
  if hook is not null then
    execute format('select %I.%I($1)', split_part(hook, '.', 1), split_part(hook, '.', 2))
    into answer
    using answer || jsonb_build_object('user_id', user_id, 'authentication_method', method);
  end if;
  return answer;
end
$$;
grant execute on function auth.access_token_claims(uuid, jsonb, text, text) to supabase_auth_admin;
