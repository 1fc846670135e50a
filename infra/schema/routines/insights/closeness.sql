-- Return from 0 to 1 how close a find is: the kind of match decides, and within it how much of the name the query is.
-- The same words in the same order count a little more.
create or replace function app.closeness(folded_query text, matched text, name text) returns double precision
language plpgsql immutable set search_path = '' as $$
declare
  folded text := app.fold(name);
begin
  return case matched when 'code' then 0.9 when 'exact' then 0.7 when 'prefix' then 0.5 when 'similar' then 0.3
    else 0.1 end
    + 0.05 * extensions.word_similarity(folded_query, folded) + 0.05 * extensions.similarity(folded_query, folded)
    + case when folded = folded_query then 0.04 when starts_with(folded, folded_query) then 0.02 else 0 end;
end
$$;
