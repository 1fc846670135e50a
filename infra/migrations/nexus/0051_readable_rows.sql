-- The rows from before the rules of the file before this one: each rule is now known to hold of them too. A rule that some
-- old row breaks stays a rule for new ones, and the row is told of here.

do $$
declare
  rule record;
begin
  for rule in
    select k.conrelid::regclass as relation, k.conname as name
    from pg_catalog.pg_constraint as k
    join pg_catalog.pg_class as c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and k.contype = 'c' and not k.convalidated
    order by c.relname, k.conname
  loop
    begin
      execute format('alter table %s validate constraint %I', rule.relation, rule.name);
    exception when check_violation then
      raise warning 'rows of % from before the rule % break it: mend them, then run alter table % validate constraint %',
        rule.relation, rule.name, rule.relation, rule.name;
    end;
  end loop;
end
$$;
