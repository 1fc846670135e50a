-- Refuse an account that is gone or banned, or whose session has ended.
create or replace function app.refuse_fallen_account(fault text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if fault = 'session_ended' then
    perform app.refuse(401, 'session_ended', 'the session of this token has ended: sign in again');
  elsif fault = 'account_banned' then
    perform app.refuse(403, 'account_banned', 'the account is banned: ask an administrator');
  else
    perform app.refuse(403, 'account_gone', 'the account of this token no longer exists');
  end if;
end
$$;
