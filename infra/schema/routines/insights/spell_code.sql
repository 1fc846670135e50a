-- Return the spellings in which a code may be stored: in small letters and in capitals, with and without the sign #.
create or replace function app.spell_code(query text, folded text, code text) returns text[]
language sql immutable parallel safe
return array[
  btrim(query), upper(btrim(query)), ltrim(upper(btrim(query)), '#'), ltrim(upper(folded), '#'),
  ltrim(code, '#'), upper(ltrim(code, '#'))
];
