-- Refuse an agent whose key is not valid any more, and a person who is not a member of the organization.
create or replace function app.refuse_stranger(claims jsonb, organization uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if claims ->> 'org_role' = 'agent' then
    perform app.refuse(401, 'key_revoked',
      'the API key behind this token was revoked or has expired: ask an owner or admin for a new key');
  end if;
  perform app.refuse_outsider((claims ->> 'sub')::uuid, was_named => organization is not null);
end
$$;
