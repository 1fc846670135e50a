-- Refuse a person who is not in the organization of the token. `was_named`: the token names an organization, so the
-- person was removed from it, or it is gone. Nothing else is said about it.
create or replace function app.refuse_outsider(person uuid, was_named boolean) returns void
language plpgsql stable set search_path = '' as $$
declare
  has_another boolean := exists (select from public.organization_members as member where member.user_id = person);
begin
  perform app.refuse(403, 'no_organization',
    case when was_named then 'this account is no longer a member of the organization that its token names'
      when has_another then 'this account belongs to an organization that its token does not name'
      else 'this account belongs to no organization' end
    || case when has_another and was_named then ', but belongs to another: refresh the token'
      when has_another then ': refresh the token'
      else ': ask an owner or admin of one to add it, or call organization-create; then refresh the token' end,
    jsonb_build_object('remedy', case when has_another then 'refresh_token' else 'organization_create' end));
end
$$;
