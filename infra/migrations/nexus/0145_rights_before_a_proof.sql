-- The first proof of an address ends what somebody else may have made under it: the keys that the account made and, when
-- they are used, the signed addresses. The organization stays, and the one who proved the address is its owner.
-- Where a managed platform keeps the accounts, they have no email_proven_at, and nothing here happens.

create function app.proven_at(account auth.users) returns timestamptz
language sql stable set search_path = ''
return (to_jsonb(account) ->> 'email_proven_at')::timestamptz;

-- As in 0065. A signed address says when it was made (link_made_at): one from before the proof is as a session that ended.
create or replace function app.account_fault(claims jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  account uuid := claims ->> 'sub';
  banned_until timestamptz;
begin
  select users.banned_until into banned_until
  from auth.users where users.id = account and users.deleted_at is null;
  if not found then
    return 'account_gone';
  end if;
  if banned_until > now() then
    return 'account_banned';
  end if;
  if claims ->> 'session_id' is not null then
    perform from auth.sessions as session
    where session.id = (claims ->> 'session_id')::uuid and session.user_id = account
      and (session.not_after is null or session.not_after > now());
    if not found then
      return 'session_ended';
    end if;
  end if;
  if claims ->> 'link_made_at' is not null then
    perform from auth.users
    where users.id = account and to_timestamp((claims ->> 'link_made_at')::double precision) < app.proven_at(users);
    if found then
      return 'session_ended';
    end if;
  end if;
  return null;
end
$$;

create function app.end_keys_before_proof() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if app.proven_at(old) is null and app.proven_at(new) is not null then
    update public.agent_api_keys as key
    set is_active = false, revoked_at = now()
    where key.created_by = new.id and key.is_active;
  end if;
  return null;
end
$$;
revoke execute on function app.end_keys_before_proof from public;
create trigger end_keys_before_proof after update on auth.users
  for each row execute function app.end_keys_before_proof();

-- The lock lets a proof and the making of a key go one after the other: a key that comes second finds its session ended.
create function app.check_key_maker() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  fault text;
begin
  perform from auth.users where users.id = new.created_by for share;
  fault := app.account_fault(claims);
  if fault is not null and claims ->> 'sub' = new.created_by::text then
    perform app.refuse_fallen_account(fault);
  end if;
  return null;
end
$$;
revoke execute on function app.check_key_maker from public;
create trigger check_key_maker after insert on public.agent_api_keys
  for each row when (new.created_by is not null) execute function app.check_key_maker();
