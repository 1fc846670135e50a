-- Subtract the bytes of removed files from the organization's usage.
create or replace function app.count_attachments_removed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.add_usage(removed_rows.organization_id, 'attachment_bytes', -sum(removed_rows.size_bytes)::bigint)
  from removed_rows
  where removed_rows.status = 'stored'
    and exists (select from public.organizations where organizations.id = removed_rows.organization_id)
  group by removed_rows.organization_id;
  return null;
end
$$;
