-- Create the first stages and sources of an organization, which it may rename.
create or replace function app.seed_customer_choices() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.customer_journey_stages (organization_id, name, position)
  values
    (new.id, 'lead', 1), (new.id, 'prospect', 2), (new.id, 'customer', 3), (new.id, 'vip', 4), (new.id, 'churned', 5);
  insert into public.lead_sources (organization_id, name)
  select new.id, name
  from unnest(array['whatsapp', 'facebook', 'instagram', 'website', 'phone', 'referral', 'walk-in', 'import']) as name;
  return null;
end
$$;
