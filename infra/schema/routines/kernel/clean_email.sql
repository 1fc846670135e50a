-- Return an address as it is meant: without invisible marks, white space around it, the scheme of a link, and the
-- punctuation of the sentence that it stood in, in Arabic too. kernel.emails.clean is its twin.
create or replace function app.clean_email(email text) returns text
language sql immutable strict parallel safe set search_path = ''
return regexp_replace(
  regexp_replace(
    regexp_replace(
      normalize(email, NFKC),
      '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F'
        '\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0]',
      '', 'g'
    ),
    '^[\t-\r ]*([mM][aA][iI][lL][tT][oO]:)?[\t-\r <]*', ''
  ),
  '[\t-\r .,;:>\u060C\u061B]+$', ''
);
grant execute on function app.clean_email to authenticated, service_role;
