-- Create the auth user that an agent's tokens name. It has no password and no e-mail address: nobody signs in as it.
create or replace function app.create_agent_user(agent_name text, organization_id uuid) returns uuid
language sql volatile security definer set search_path = '' as $$
  insert into auth.users (id, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  values (
    gen_random_uuid(), 'authenticated', 'authenticated',
    jsonb_build_object('provider', 'agent', 'organization_id', organization_id, 'org_role', 'agent'),
    jsonb_build_object('name', agent_name), now(), now()
  )
  returning id
$$;
grant execute on function app.create_agent_user to service_role;
