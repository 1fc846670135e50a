-- Return an account as clients see it; a time that has not come is null.
create or replace function auth.account_json(account auth.users) returns jsonb
language sql stable set search_path = ''
return jsonb_build_object(
  'id', account.id, 'aud', account.aud, 'role', account.role,
  'email', coalesce(account.email, ''), 'phone', coalesce(account.phone, ''),
  'email_confirmed_at', account.email_confirmed_at, 'confirmed_at', account.confirmed_at,
  'invited_at', account.invited_at, 'confirmation_sent_at', account.confirmation_sent_at,
  'recovery_sent_at', account.recovery_sent_at, 'reauthentication_sent_at', account.reauthentication_sent_at,
  'new_email', nullif(account.email_change, ''), 'email_change_sent_at', account.email_change_sent_at,
  'last_sign_in_at', account.last_sign_in_at, 'app_metadata', account.raw_app_meta_data,
  'user_metadata', account.raw_user_meta_data, 'banned_until', account.banned_until,
  'deleted_at', account.deleted_at, 'is_anonymous', account.is_anonymous,
  'created_at', account.created_at, 'updated_at', account.updated_at,
  'identities', coalesce((
    select jsonb_agg(
      jsonb_build_object(
        'identity_id', identity.id, 'id', identity.provider_id, 'user_id', identity.user_id,
        'identity_data', identity.identity_data, 'provider', identity.provider, 'email', identity.email,
        'last_sign_in_at', identity.last_sign_in_at, 'created_at', identity.created_at,
        'updated_at', identity.updated_at
      ) order by identity.created_at
    )
    from auth.identities as identity
    where identity.user_id = account.id
  ), '[]')
);
grant execute on function auth.account_json to supabase_auth_admin;
