-- Record the bytes that no row names any more, for the job that erases them.
create or replace function storage.settle_blobs() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op <> 'DELETE' then
    delete from storage.blobs_to_erase where version = new.version;
  end if;
  if tg_op <> 'INSERT' and old.version is not null
    and (tg_op = 'DELETE' or new.version is distinct from old.version) then
    insert into storage.blobs_to_erase (version, due_at) values (old.version, now() + interval '1 minute')
    on conflict (version) do nothing;
  end if;
  return null;
end
$$;
