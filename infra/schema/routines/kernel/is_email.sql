-- Return whether a cleaned text is an address: words between single dots, one @, and a host of two labels or more.
-- kernel.emails.is_address is its twin.
create or replace function app.is_email(email text) returns boolean
language sql immutable strict parallel safe set search_path = ''
return email ~ (
  '^[a-zA-Z0-9!#$%&''*+/=?^_`{|}~' || app.email_letters() || '-]+'
  || '(\.[a-zA-Z0-9!#$%&''*+/=?^_`{|}~' || app.email_letters() || '-]+)*'
  || '@[a-zA-Z0-9' || app.email_letters() || ']([a-zA-Z0-9' || app.email_letters() || '-]*[a-zA-Z0-9' ||
    app.email_letters() || '])?'
  || '(\.[a-zA-Z0-9' || app.email_letters() || ']([a-zA-Z0-9' || app.email_letters() || '-]*[a-zA-Z0-9' ||
    app.email_letters() || '])?)+$'
);
grant execute on function app.is_email to authenticated, service_role;
