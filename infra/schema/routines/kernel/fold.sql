-- Return the one spelling for search and comparison: compatibility forms, accents, Arabic diacritics, tatweel and
-- invisible marks dropped, lower case, Arabic letter forms as Lucene's ArabicNormalizer has them, Arabic-Indic and
-- Persian digits as ASCII, white space collapsed. kernel.text.fold is its twin in Python; a property test keeps them
-- equal.
create or replace function app.fold(value text) returns text
language sql immutable strict parallel safe set search_path = ''
return btrim(regexp_replace(
  translate(
    lower(regexp_replace(
      normalize(value, NFKD),
      '[\u0300-\u036F\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]',
      '', 'g'
    )),
    'أإآٱىةؤئیکς٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
    'اااايهوييكσ01234567890123456789'
  ),
  '\s+', ' ', 'g'
));
grant execute on function app.fold to anon, authenticated, service_role;
