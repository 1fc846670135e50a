-- Spend the address that the transaction names in storage.link (its id and its end), together with the row that it was
-- made for. Of two at once, the second waits for the end of the first.
create or replace function storage.spend_link() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  link text[] := string_to_array(current_setting('storage.link'), ' ');
begin
  delete from storage.spent_links as spent where spent.expires_at < now();
  insert into storage.spent_links (id, expires_at) values (link[1]::uuid, to_timestamp(link[2]::bigint))
  on conflict on constraint spent_links_pkey do nothing;
  if not found then
    raise exception using
      errcode = 'PT400', message = 'this address was used already', detail = '{"error": "address_used"}';
  end if;
  return null;
end
$$;
