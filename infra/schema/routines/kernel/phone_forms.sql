-- Return both forms of a phone number where its country has two.
create or replace function app.phone_forms(phone text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return (
  select case when phone = any (forms) then forms else forms || phone end
  from (
    select case
      when key ~ '^\+54[0-9]{10}$' then array[key, '+549' || substr(key, 4)]
      when key ~ '^\+52[0-9]{10}$' then array[key, '+521' || substr(key, 4)]
      when key ~ '^\+55[1-9][0-9]9[6-9][0-9]{7}$' then array[key, left(key, 5) || right(key, 8)]
      else array[key]
    end
    from (select app.phone_key(phone)) as read (key)
  ) as official (forms)
);
grant execute on function app.phone_forms to authenticated, service_role;
