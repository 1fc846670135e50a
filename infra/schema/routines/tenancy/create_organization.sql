-- Create an organization with the calling person as its owner, and make it the one that their next token names. An
-- anonymous account is refused.
create or replace function app.create_organization(organization_name text, timezone text, country text, currency text)
returns public.organizations
language plpgsql volatile security definer set search_path = '' as $$
declare
  claims jsonb := app.claims();
  owner uuid := (claims ->> 'sub')::uuid;
  is_anonymous boolean;
  made public.organizations;
begin
  if owner is null or claims ->> 'org_role' = 'agent' then
    perform app.refuse(403, 'forbidden',
      'only a signed-in person can create an organization; an agent registers with agent-register');
  end if;
  -- The lock on the account makes the count exact when one person makes several at once.
  select users.is_anonymous into is_anonymous from auth.users where users.id = owner for no key update;
  if is_anonymous then
    perform app.refuse(403, 'anonymous_account',
      'an anonymous account cannot own an organization: give it an e-mail address with PUT /auth/v1/user first');
  end if;
  if (select count(*) from public.organization_members where user_id = owner and role = 'owner') >= 10 then
    perform app.refuse(409, 'too_many_organizations',
      'one person can own at most 10 organizations: contact sales for more', '{"limit": 10}');
  end if;
  insert into public.organizations (name, timezone, country, currency)
  values (organization_name, create_organization.timezone, create_organization.country, create_organization.currency)
  returning * into made;
  insert into public.organization_members (organization_id, user_id, role) values (made.id, owner, 'owner');
  update auth.users
  set raw_app_meta_data = raw_app_meta_data || jsonb_build_object('organization_id', made.id)
  where id = owner;
  return made;
end
$$;
grant execute on function app.create_organization to authenticated;
