-- Let the counted day end in the time zone in which it began where the time zone changes.
create or replace function app.end_counted_day() returns trigger
language plpgsql set search_path = '' as $$
declare
  counted text := app.counting_timezone(old);
begin
  new.counting_timezone := counted;
  new.counting_until := (date_trunc('day', now() at time zone counted) + interval '1 day') at time zone counted;
  return new;
end
$$;
