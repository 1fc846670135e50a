-- Read the phone number and the e-mail address of a contact, and refuse what is not one. An address that was there
-- before may stay until somebody writes another. `app.phone_told` is what the transaction's own code has read: a number
-- and whether it is valid.
create or replace function app.read_identities() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.email := app.clean_email(new.email);
  new.phone_number := app.phone_without_trunk(new.phone_number);
  if new.email is not null and (tg_op = 'INSERT' or new.email is distinct from old.email)
    and current_user in ('authenticated', 'service_role') and not app.is_email(new.email)
  then
    perform app.refuse(422, 'invalid_email',
      'this is not an e-mail address: send only an address such as mona@example.com',
      '{}'::jsonb);
  end if;
  if tg_op = 'INSERT' or new.phone_number is distinct from old.phone_number then
    new.phone_valid := case
      when split_part(current_setting('app.phone_told', true), ' ', 1) = new.phone_number
        then split_part(current_setting('app.phone_told', true), ' ', 2)::boolean
    end;
  end if;
  return new;
end
$$;
