-- Return the words of a text as app.fold spells them, cut at white space and punctuation.
create or replace function app.search_words(value text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return array_remove(regexp_split_to_array(app.fold(value), E'[\\s!-/:-@\\[-`{-~،؛؟٪«»·–—…]+'), '');
grant execute on function app.search_words to authenticated, service_role;
