-- Return the tokens under which a row is found: of each word the whole (w), its beginnings from three letters (p), and
-- what is left without any one letter (d), which is where a misspelt word matches; of a phone number its last digits
-- (s). A text gives at most its first twenty words, so codes come first in it.
create or replace function app.search_tokens(organization_id uuid, value text, phone_number text) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
declare
  salt bigint := pg_catalog.uuid_hash_extended(organization_id, 0);
  said text[] := app.search_words(value);
  words text[] := '{}';
  word text;
  size integer;
  digits text := regexp_replace(phone_number, '[^0-9]', '', 'g');
  tokens bigint[] := '{}';
begin
  for spot in 1 .. least(cardinality(said), 20) loop
    word := said[spot];
    words := words || word;
    -- A name is written as one word or two, with its article or without.
    if word ~ '^(عبد|ابو|ابن|بن|ال|abd|abdel|abdul|abu|al|el|bin|ibn)$' then
      words := words || (word || coalesce(said[spot + 1], ''));
    elsif word ~ '^(عبد|ابو|ال|abd|abu|al|el)...' then
      words := words
        || regexp_replace(word, '^(عبد|ابو|abd[eu]l|abd|abu)', '')
        || regexp_replace(word, '^(عبد|ابو|abd|abu)?(ال|[aeu]l)', '');
    end if;
  end loop;
  foreach word in array words loop
    size := length(word);
    tokens := tokens || hashtextextended('w' || word, salt);
    for letters in 3 .. least(size, 12) loop
      tokens := tokens || hashtextextended('p' || left(word, letters), salt);
    end loop;
    if size between 4 and 20 and word !~ '[0-9]' then
      for letter in 1 .. size loop
        tokens := tokens || hashtextextended('d' || left(word, letter - 1) || substr(word, letter + 1), salt);
      end loop;
    end if;
  end loop;
  if length(digits) >= 4 then
    tokens := tokens || hashtextextended('s' || right(digits, 4), salt) ||
      hashtextextended('s' || right(digits, 8), salt);
  end if;
  return tokens;
end
$$;
grant execute on function app.search_tokens to authenticated, service_role;
