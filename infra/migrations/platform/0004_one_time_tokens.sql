-- What mails prove: one-time tokens, the flows that end with a code for the application, and changes of an address.

alter table auth.users
  add column email_change_confirm_status smallint not null default 0,
  add column reauthentication_sent_at timestamptz;
comment on column auth.users.email_change_confirm_status is 'How many of the two addresses have confirmed email_change.';

create table auth.flow_state (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  auth_code text unique,
  code_challenge_method text not null check (code_challenge_method in ('s256', 'plain')),
  code_challenge text not null,
  provider_type text not null default 'email',
  authentication_method text not null,
  auth_code_issued_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index flow_state_user_id_idx on auth.flow_state (user_id);
create index flow_state_created_at_idx on auth.flow_state (created_at);
comment on table auth.flow_state is 'Sign-ins that a mail ends with a code, which only the application that began can exchange (PKCE).';
comment on column auth.flow_state.auth_code is 'Its SHA-256 digest.';

create table auth.one_time_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  token_type text not null check (token_type in (
    'confirmation_token', 'recovery_token', 'email_change_token_new', 'email_change_token_current',
    'reauthentication_token'
  )),
  sent_for text not null,
  token_hash text not null unique,
  relates_to text not null,
  flow_state_id uuid references auth.flow_state (id) on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, token_type)
);
create index one_time_tokens_flow_state_id_idx on auth.one_time_tokens (flow_state_id);
create index one_time_tokens_created_at_idx on auth.one_time_tokens (created_at);
comment on table auth.one_time_tokens is 'Codes and links that were mailed: each opens one thing once, and a newer one replaces it.';
comment on column auth.one_time_tokens.sent_for is 'Which mail carried it: signup, invite, magiclink, recovery, ….';
comment on column auth.one_time_tokens.token_hash is 'SHA-256 digest of what the link carries, which itself follows from address and code under the host''s pepper.';
comment on column auth.one_time_tokens.relates_to is 'The address it was sent to.';

-- An account as clients see it; a time that has not come is null.
create function auth.account_json(account auth.users) returns jsonb
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

-- The claims of an access token as the schema's own hook changes them, and after it the one that `hook` names, as
-- schema.function: it takes and returns an event as Supabase Auth's custom access token hook does. Its `error` is returned.
create function auth.access_token_claims(user_id uuid, claims jsonb, method text, hook text) returns jsonb
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

grant select, insert, update, delete on auth.flow_state, auth.one_time_tokens to supabase_auth_admin;
