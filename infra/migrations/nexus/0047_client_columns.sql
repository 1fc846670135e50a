-- Which columns clients write, table by table: what is in no list here is the database's own (times, who made a row) or an
-- integration's (the id in a connected shop).

revoke insert on public.customer_journey_stages, public.lead_sources, public.labels, public.customer_labels, public.customers
  from authenticated;
grant insert (id, organization_id, name, position) on public.customer_journey_stages to authenticated;
grant insert (id, organization_id, name) on public.lead_sources to authenticated;
grant insert (id, organization_id, name, color) on public.labels to authenticated;
grant insert (organization_id, customer_id, label_id) on public.customer_labels to authenticated;
grant insert (
  id, organization_id, first_name, last_name, email, phone_number, phone_raw, company, address, customer_label,
  journey_stage_id, lead_source_id, assigned_to, customer_score, tags, last_contact, next_follow_up, notes, metadata
) on public.customers to authenticated;
revoke update (shopify_customer_id) on public.customers from authenticated;

-- A contact that nobody could name or reach is none. Those that a channel brings have an account there, which is enough.
create function app.check_contact_reachable() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_user in ('authenticated', 'service_role') and not exists (
    select from public.customer_identities as identity
    where identity.organization_id = new.organization_id and identity.customer_id = new.id
      and identity.kind not in ('phone', 'email')
  ) then
    perform app.refuse(422, 'contact_unreachable',
      'a contact needs at least one of first_name, last_name, company, phone and email');
  end if;
  return null;
end
$$;
create trigger check_reachable after insert or update of first_name, last_name, company, phone_number, email
  on public.customers for each row
  when (coalesce(
    nullif(btrim(new.first_name), ''), nullif(btrim(new.last_name), ''), nullif(btrim(new.company), ''),
    new.phone_number, new.email
  ) is null)
  execute function app.check_contact_reachable();
