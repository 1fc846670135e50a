-- What callers and strangers write into the platform's own tables can be read as well: what they say of themselves and
-- of their files. Where a managed platform owns these tables, it has rules of its own.

do $$
declare
  rule record;
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'supabase_auth_admin') then
    grant execute on function app.is_readable_json to supabase_auth_admin;
  end if;
  for rule in
    select said.relation, said.name, said.asks
    from (values
      ('storage.objects', 'user_metadata_is_an_object_of_up_to_16_kb_and_8_levels',
        'app.is_readable_json(user_metadata, ''object'', 16384, 8)'),
      ('storage.objects', 'metadata_is_an_object_of_up_to_16_kb_and_8_levels',
        'app.is_readable_json(metadata, ''object'', 16384, 8)'),
      ('storage.objects', 'name_has_at_most_1024_characters', 'length(name) <= 1024'),
      ('storage.buckets', 'allowed_mime_types_is_a_flat_list_of_up_to_100_texts',
        'app.is_flat_list(allowed_mime_types, 100, 255)'),
      ('auth.users', 'raw_user_meta_data_is_an_object_of_up_to_64_kb_and_32_levels',
        'app.is_readable_json(raw_user_meta_data, ''object'', 65536, 32)'),
      ('auth.users', 'raw_app_meta_data_is_an_object_of_up_to_64_kb_and_32_levels',
        'app.is_readable_json(raw_app_meta_data, ''object'', 65536, 32)'),
      ('auth.users', 'banned_until_is_between_1900_and_2200',
        'banned_until >= ''1900-01-01 00:00+00'' and banned_until < ''2201-01-01 00:00+00'''),
      ('auth.identities', 'identity_data_is_an_object_of_up_to_64_kb_and_32_levels',
        'app.is_readable_json(identity_data, ''object'', 65536, 32)')
    ) as said (relation, name, asks)
    where to_regclass(said.relation) is not null
  loop
    begin
      execute format('alter table %s add constraint %I check (%s) not valid', rule.relation, rule.name, rule.asks);
      execute format('alter table %s validate constraint %I', rule.relation, rule.name);
    exception
      when insufficient_privilege then
        raise notice '% belongs to the platform, which keeps what it takes (%)', rule.relation, sqlerrm;
      when check_violation then
        raise warning 'rows of % break the rule % and were there before it', rule.relation, rule.name;
    end;
  end loop;
end
$$;
