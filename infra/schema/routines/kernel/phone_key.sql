-- Return what the official forms of one E.164 number have in common, without its trunk zero: Brazilian mobiles have
-- their ninth digit, Mexican ones no 1, Argentine ones no 9 after the country code. kernel.phones.key is its twin in
-- Python; a property test keeps them equal.
create or replace function app.phone_key(phone text) returns text
language sql immutable strict parallel safe set search_path = ''
return (
  select app.phone_without_trunk(case
    when number ~ '^\+549[0-9]{10}$' then '+54' || substr(number, 5)
    when number ~ '^\+521[0-9]{10}$' then '+52' || substr(number, 5)
    when number ~ '^\+55[1-9][0-9][6-9][0-9]{7}$' then left(number, 5) || '9' || substr(number, 6)
    else number
  end)
  from (select app.phone_without_trunk(phone)) as read (number)
);
grant execute on function app.phone_key to authenticated, service_role;
