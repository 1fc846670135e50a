-- A contact that was nameless before there was a rule may be changed in other things; only taking the last name, phone or
-- e-mail from one that has them is refused (0047).

drop trigger check_reachable on public.customers;
create trigger check_reachable after insert on public.customers for each row
  when (coalesce(
    nullif(btrim(new.first_name), ''), nullif(btrim(new.last_name), ''), nullif(btrim(new.company), ''),
    new.phone_number, new.email
  ) is null)
  execute function app.check_contact_reachable();
create trigger check_still_reachable after update of first_name, last_name, company, phone_number, email
  on public.customers for each row
  when (
    coalesce(
      nullif(btrim(new.first_name), ''), nullif(btrim(new.last_name), ''), nullif(btrim(new.company), ''),
      new.phone_number, new.email
    ) is null
    and coalesce(
      nullif(btrim(old.first_name), ''), nullif(btrim(old.last_name), ''), nullif(btrim(old.company), ''),
      old.phone_number, old.email
    ) is not null
  )
  execute function app.check_contact_reachable();
