-- Refuse a key whose maker's session has ended. The lock makes a proof of the address and the making of a key follow
-- each other: a key that comes second finds its session ended.
create or replace function app.check_key_maker() returns trigger
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
