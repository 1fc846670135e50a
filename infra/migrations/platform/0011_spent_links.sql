-- Signed addresses to put an object up at: each works once. What was used is kept until the address would have ended.

create table storage.spent_links (
  id uuid primary key,
  expires_at timestamptz not null
);
create index spent_links_expires_at_idx on storage.spent_links (expires_at);
comment on table storage.spent_links is 'Signed upload addresses that were used. Reached through a trigger only.';
alter table storage.spent_links enable row level security;

-- Spends the address that the transaction names in storage.link (its id and its end), with the row that it was made for;
-- of two at once the second waits for the first's end.
create function storage.spend_link() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  link text[] := string_to_array(current_setting('storage.link'), ' ');
begin
  delete from storage.spent_links as spent where spent.expires_at < now();
  insert into storage.spent_links (id, expires_at) values (link[1]::uuid, to_timestamp(link[2]::bigint))
  on conflict on constraint spent_links_pkey do nothing;
  if not found then
    raise exception using errcode = 'PT400', message = 'this address was used', detail = '{"error": "address_used"}';
  end if;
  return null;
end
$$;
revoke execute on function storage.spend_link from public;
create trigger spend_link after insert or update of version on storage.objects
  for each row when (current_setting('storage.link', true) <> '') execute function storage.spend_link();
