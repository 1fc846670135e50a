-- Return when the account's address was proven. The first proof of an address ends what somebody else may have made
-- under it: the keys that the account made and, when they are used, the signed addresses. The organization stays, and
-- the one who proved the address is its owner. Accounts of a managed platform have no email_proven_at, and nothing
-- happens here.
create or replace function app.proven_at(account auth.users) returns timestamptz
language sql stable set search_path = ''
return (to_jsonb(account) ->> 'email_proven_at')::timestamptz;
