-- An empty text is seen by nobody either: wherever text has to be visible, null alone clears. Texts of before stay as they are.

do $$
declare
  held record;
begin
  for held in
    select pg_get_triggerdef(oid) as made
    from pg_trigger
    where tgfoid = 'app.refuse_invisible'::regproc and pg_get_triggerdef(oid) ~ '\(new\.\w+ <> ''''::'
  loop
    execute regexp_replace(
      regexp_replace(held.made, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'), '\(new\.\w+ <> ''''::\w+\) AND ', ''
    );
  end loop;
end
$$;
