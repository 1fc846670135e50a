-- Count the bytes of a conversation's files, once they are stored and as long as they are.
create or replace function app.count_attachments() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed record;
begin
  if tg_op = 'INSERT' then
    for changed in
      select added_rows.organization_id, sum(size_bytes) as bytes from added_rows where status = 'stored' group by 1
    loop
      perform app.add_usage(changed.organization_id, 'attachment_bytes', changed.bytes::bigint);
    end loop;
  else
    for changed in
      select moved.organization_id, sum(moved.bytes) as bytes
      from (
        select added_rows.organization_id, added_rows.size_bytes as bytes from added_rows
          where added_rows.status = 'stored'
        union all
        select removed_rows.organization_id, -removed_rows.size_bytes from removed_rows
          where removed_rows.status = 'stored'
      ) as moved
      group by 1
      having sum(moved.bytes) <> 0
    loop
      perform app.add_usage(changed.organization_id, 'attachment_bytes', changed.bytes::bigint);
    end loop;
  end if;
  return null;
end
$$;
