-- The claims of a person's access token: those given, as the project's own hook changes them where it has one.

create function auth.access_token_claims(user_id uuid, claims jsonb, method text) returns jsonb
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
grant execute on function auth.access_token_claims to supabase_auth_admin;
