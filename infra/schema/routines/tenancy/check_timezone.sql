-- Refuse a time zone that is not in our list, or that this server, which may be older than the list, does not know.
create or replace function app.check_timezone() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not app.is_time_zone(new.timezone) then
    raise invalid_parameter_value;
  end if;
  perform now() at time zone new.timezone;
  return new;
exception when invalid_parameter_value then
  perform app.refuse(422, 'unknown_time_zone',
    format('%s is not an IANA time zone: send one such as Africa/Cairo', new.timezone),
    jsonb_build_object('timezone', new.timezone));
  return null;
end
$$;
