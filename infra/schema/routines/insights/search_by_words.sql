-- Return at most `max` rows of one kind that have the query's words (its three longest decide), and how close they
-- come: exact, then prefix, then similar, until there are `enough`; partial (some of the words) only where nothing else
-- was found.
create or replace function app.search_by_words(organization uuid, kind text, query text, enough integer, max integer)
returns table (id uuid, matched text)
language plpgsql stable rows 30 set search_path = '' as $$
declare
  words text[] := array(
    select word from unnest(app.search_words(left(query, 200))) as word group by word order by length(word) desc, word
      limit 3
  );
  seen uuid[] := '{}';
  added uuid[];
  tokens bigint[];
begin
  if cardinality(words) = 0 then
    return;
  end if;
  foreach matched in array array['exact', 'prefix', 'similar'] loop
    tokens := app.search_alternatives(organization, words[1], matched);
    added := array(
      select found.id
      from app.search_rows(
        organization, kind, tokens,
        case when words[2] is null then tokens else app.search_alternatives(organization, words[2], matched) end,
        case when words[3] is null then tokens else app.search_alternatives(organization, words[3], matched) end,
        max + cardinality(seen)
      ) as found (id)
      where found.id <> all (seen)
      limit max - cardinality(seen)
    );
    return query select one.id, search_by_words.matched from unnest(added) as one (id);
    seen := seen || added;
    exit when cardinality(seen) >= enough;
  end loop;
  if seen = '{}' and cardinality(words) > 1 then
    matched := 'partial';
    tokens := '{}';
    for spot in 1 .. cardinality(words) loop
      tokens := tokens || app.search_alternatives(organization, words[spot], 'similar');
    end loop;
    return query select found.id, search_by_words.matched
      from app.search_rows(organization, kind, tokens, tokens, tokens, max) as found (id);
  end if;
end
$$;
