-- Return a code as app.fold spells it, without blanks and invisible characters (Default_Ignorable_Code_Point of
-- Unicode, controls, the braille blank), and with a hyphen for each dash (Dash_Punctuation, the minus signs, the hyphen
-- bullet). Slashes, underscores and dots stay as they are. kernel.text.code_key is its twin; a test compares them over
-- all of Unicode.
create or replace function app.code_key(code text) returns text
language sql immutable strict parallel safe set search_path = ''
return case
  when code ~ '^[ -~]*$' then replace(lower(code), ' ', '')
  else regexp_replace(
    regexp_replace(
      app.fold(regexp_replace(
        code,
        '[\u0001-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F'
          '\u200B-\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB'
          '\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]',
        '', 'g'
      )),
      '[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]', '', 'g'
    ),
    '[\u02D7\u058A\u05BE\u1400\u1806\u2010-\u2015\u2043\u2212\u2796'
      '\u2E17\u2E1A\u2E3A\u2E3B\u2E40\u2E5D\u301C\u3030\u30A0\U00010D6E\U00010EAD]',
    '-', 'g'
  )
end;
grant execute on function app.code_key to authenticated, service_role;
