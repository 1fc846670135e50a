-- Return the code of a refusal where the account of the claims is gone or banned or their session has ended; otherwise
-- null. Claims without a session, as of agents and of tokens that an operator makes, are checked for the account alone.
-- A signed address carries when it was made (link_made_at): one from before the proof of the address counts as an ended
-- session.
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
