-- Erase the files that deleted rows showed and that nothing shows any more. The join leaves out an organization that is
-- being deleted, which takes its rows along.
create or replace function app.forget_shown_files() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.erase_media(organization.id, touched.files)
  from (
    select gone.organization_id, array_agg(distinct gone.media_id) as files from gone group by gone.organization_id
  ) as touched
  join public.organizations as organization on organization.id = touched.organization_id;
  return null;
end
$$;
