-- Return the tokens under which a row with this word may be found: the whole word, a beginning, or the word with one
-- letter wrong.
create or replace function app.search_alternatives(organization_id uuid, word text, closeness text) returns bigint[]
language plpgsql immutable set search_path = '' as $$
declare
  salt bigint := pg_catalog.uuid_hash_extended(organization_id, 0);
  size integer := length(word);
  whole bigint := hashtextextended('w' || word, salt);
  tokens bigint[] := case when size < 3 then array[whole] else array[hashtextextended('p' || left(word, 12), salt)] end;
  shorter text;
begin
  if closeness = 'exact' then
    return array[whole];
  end if;
  if closeness = 'prefix' or size not between 4 and 20 or word ~ '[0-9]' then
    return tokens;
  end if;
  tokens := tokens || hashtextextended('d' || word, salt);
  for letter in 1 .. size loop
    shorter := left(word, letter - 1) || substr(word, letter + 1);
    tokens := tokens || hashtextextended('w' || shorter, salt) || hashtextextended('d' || shorter, salt);
  end loop;
  return tokens;
end
$$;
