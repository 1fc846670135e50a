-- Return the tokens by which a contact is found.
create or replace function app.contact_tokens(
  organization_id uuid, first_name text, last_name text, company text, email text, phone_number text
) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(
    organization_id, concat_ws(' ', first_name, last_name, company, split_part(email, '@', 1)), phone_number);
end
$$;
grant execute on function app.contact_tokens to authenticated, service_role;
