-- Contacts of the business: stages, sources, labels, and the phone numbers and addresses by which a contact is known.

create table public.customer_journey_stages (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  name text not null check (length(name) between 1 and 50 and name = btrim(name)),
  position smallint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id)
);
create unique index customer_journey_stages_name_key on public.customer_journey_stages (organization_id, app.fold(name));
create index customer_journey_stages_list_idx on public.customer_journey_stages (organization_id, created_at desc, id desc);
comment on table public.customer_journey_stages is 'The steps a contact goes through, as each organization names them.';
comment on column public.customer_journey_stages.position is 'The order in which stages are shown.';

create table public.lead_sources (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  name text not null check (length(name) between 1 and 50 and name = btrim(name)),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id)
);
create unique index lead_sources_name_key on public.lead_sources (organization_id, app.fold(name));
create index lead_sources_list_idx on public.lead_sources (organization_id, created_at desc, id desc);
comment on table public.lead_sources is 'Where contacts come from, as each organization names it.';

create table public.labels (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  name text not null check (length(name) between 1 and 50 and name = btrim(name)),
  color text check (color ~ '^#[0-9a-fA-F]{6}$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id)
);
create unique index labels_name_key on public.labels (organization_id, app.fold(name));
create index labels_list_idx on public.labels (organization_id, created_at desc, id desc);
comment on table public.labels is 'Coloured marks that people put on contacts.';
comment on column public.labels.color is 'As CSS writes it: #rrggbb.';

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  first_name text check (length(first_name) <= 200),
  last_name text check (length(last_name) <= 200),
  email text check (length(email) <= 254 and email ~ '^[^[:space:]@]+@[^[:space:]@]+$'),
  phone_number text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  phone_raw text check (length(phone_raw) <= 50),
  company text check (length(company) <= 200),
  address jsonb check (jsonb_typeof(address) = 'object'),
  shopify_customer_id text,
  customer_label text,
  journey_stage_id uuid,
  lead_source_id uuid,
  assigned_to text,
  customer_score integer not null default 0,
  tags text[] not null default '{}',
  last_contact timestamptz,
  next_follow_up timestamptz,
  notes text check (length(notes) <= 10000),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id),
  foreign key (organization_id, journey_stage_id) references public.customer_journey_stages (organization_id, id),
  foreign key (organization_id, lead_source_id) references public.lead_sources (organization_id, id)
);
create index customers_list_idx on public.customers (organization_id, created_at desc, id desc);
create index customers_stage_idx on public.customers (organization_id, journey_stage_id, created_at desc, id desc);
create index customers_lead_source_idx on public.customers (organization_id, lead_source_id);
create index customers_phone_number_idx on public.customers (organization_id, phone_number);
create index customers_email_idx on public.customers (organization_id, email);
create unique index customers_shopify_customer_id_key on public.customers (organization_id, shopify_customer_id)
  where shopify_customer_id is not null;
comment on table public.customers is 'Contacts: the people and companies the business deals with.';
comment on column public.customers.phone_number is 'E.164, such as +201012345678; no two contacts of an organization share one.';
comment on column public.customers.phone_raw is 'The phone number as it was given, before it was brought to E.164.';
comment on column public.customers.email is 'No two contacts of an organization share one, whatever its capitals.';
comment on column public.customers.address is 'line1, line2, city, country.';
comment on column public.customers.shopify_customer_id is 'The customer''s id in the connected Shopify shop.';
comment on column public.customers.customer_label is 'Free text; labels proper are in customer_labels.';
comment on column public.customers.journey_stage_id is 'One of the organization''s customer_journey_stages.';
comment on column public.customers.assigned_to is 'User id of the member who looks after the contact.';
comment on column public.customers.customer_score is 'How promising the contact is; higher is better.';
comment on column public.customers.last_contact is 'When the business and the contact last spoke.';
comment on column public.customers.metadata is 'Whatever integrations want to keep with the contact.';

create table public.customer_labels (
  organization_id uuid not null default app.organization_with('write') references public.organizations (id) on delete cascade,
  customer_id uuid not null,
  label_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, customer_id, label_id),
  foreign key (organization_id, customer_id) references public.customers (organization_id, id) on delete cascade,
  foreign key (organization_id, label_id) references public.labels (organization_id, id) on delete cascade
);
create index customer_labels_label_idx on public.customer_labels (organization_id, label_id);
create index customer_labels_list_idx on public.customer_labels (organization_id, created_at desc, customer_id desc);
comment on table public.customer_labels is 'Which contact bears which label.';

create table public.customer_identities (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  customer_id uuid not null,
  kind text not null check (kind in ('phone', 'email', 'whatsapp', 'facebook', 'instagram')),
  value text not null check (length(value) between 1 and 254),
  created_at timestamptz not null default now(),
  unique (organization_id, kind, value),
  unique (organization_id, id),
  foreign key (organization_id, customer_id) references public.customers (organization_id, id) on delete cascade
);
create index customer_identities_customer_idx on public.customer_identities (organization_id, customer_id);
create index customer_identities_list_idx on public.customer_identities (organization_id, created_at desc, id desc);
comment on table public.customer_identities is 'By what a contact is recognised: one contact per phone number, e-mail address or account on a channel.';
comment on column public.customer_identities.kind is 'phone and email follow the contact''s own columns; the others are accounts on a channel.';
comment on column public.customer_identities.value is 'E.164 for a phone, lower case for an e-mail address, else the channel''s id of the person.';

-- Every organization begins with stages and sources that it may rename.
create function app.seed_customer_choices() returns trigger
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
create trigger seed_customer_choices after insert on public.organizations
  for each row execute function app.seed_customer_choices();

-- Makes one identity the contact's, or refuses and names the contact that has it. A writer of the same identity is waited for.
create function app.claim_identity(customer public.customers, kind text, value text) returns void
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column -- the conflict target below cannot be qualified
declare
  holder uuid;
begin
  insert into public.customer_identities as identity (organization_id, customer_id, kind, value)
  values (customer.organization_id, customer.id, claim_identity.kind, claim_identity.value)
  on conflict (organization_id, kind, value) do nothing;
  if found then
    return;
  end if;
  select identity.customer_id into holder
  from public.customer_identities as identity
  where identity.organization_id = customer.organization_id
    and identity.kind = claim_identity.kind and identity.value = claim_identity.value;
  if holder is distinct from customer.id then
    perform app.refuse(409, 'contact_exists',
      format('another contact has this %s: update that contact instead', claim_identity.kind),
      jsonb_build_object('contact_id', holder, 'matched_on', claim_identity.kind));
  end if;
end
$$;

create function app.keep_identities() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.customer_identities as identity
    where identity.organization_id = old.organization_id and identity.customer_id = old.id
      and (
        (identity.kind = 'phone' and identity.value = old.phone_number and old.phone_number is distinct from new.phone_number)
        or (identity.kind = 'email' and identity.value = lower(old.email) and lower(old.email) is distinct from lower(new.email))
      );
  end if;
  if new.phone_number is not null then
    perform app.claim_identity(new, 'phone', new.phone_number);
  end if;
  if new.email is not null then
    perform app.claim_identity(new, 'email', lower(new.email));
  end if;
  return null;
end
$$;
create trigger keep_identities after insert or update of phone_number, email on public.customers
  for each row execute function app.keep_identities();

create trigger count_added after insert on public.customers
  referencing new table as added_rows for each statement execute function app.count_added('contacts');
create trigger count_removed after delete on public.customers
  referencing old table as removed_rows for each statement execute function app.count_removed('contacts');

create trigger touch_updated_at before update on public.customer_journey_stages
  for each row execute function app.touch_updated_at();
create trigger touch_updated_at before update on public.lead_sources
  for each row execute function app.touch_updated_at();
create trigger touch_updated_at before update on public.labels
  for each row execute function app.touch_updated_at();
create trigger touch_updated_at before update on public.customers
  for each row execute function app.touch_updated_at();

-- What a trigger does by itself (the first stages and sources, identities) is no act of the caller's.
create trigger audit after insert or update or delete on public.customer_journey_stages
  for each row when (pg_trigger_depth() = 0) execute function app.audit();
create trigger audit after insert or update or delete on public.lead_sources
  for each row when (pg_trigger_depth() = 0) execute function app.audit();
create trigger audit after insert or update or delete on public.labels
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.customers
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.customer_labels
  for each row execute function app.audit();
create trigger audit after insert or update or delete on public.customer_identities
  for each row when (pg_trigger_depth() = 0) execute function app.audit();

alter table public.customer_journey_stages enable row level security;
alter table public.customer_journey_stages force row level security;
create policy customer_journey_stages_select on public.customer_journey_stages for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy customer_journey_stages_insert on public.customer_journey_stages for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy customer_journey_stages_update on public.customer_journey_stages for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy customer_journey_stages_delete on public.customer_journey_stages for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, update (name, position), delete on public.customer_journey_stages to authenticated;
grant select, insert, update, delete on public.customer_journey_stages to service_role;

alter table public.lead_sources enable row level security;
alter table public.lead_sources force row level security;
create policy lead_sources_select on public.lead_sources for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy lead_sources_insert on public.lead_sources for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy lead_sources_update on public.lead_sources for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy lead_sources_delete on public.lead_sources for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, update (name), delete on public.lead_sources to authenticated;
grant select, insert, update, delete on public.lead_sources to service_role;

alter table public.labels enable row level security;
alter table public.labels force row level security;
create policy labels_select on public.labels for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy labels_insert on public.labels for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy labels_update on public.labels for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy labels_delete on public.labels for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
grant select, insert, update (name, color), delete on public.labels to authenticated;
grant select, insert, update, delete on public.labels to service_role;

alter table public.customers enable row level security;
alter table public.customers force row level security;
create policy customers_select on public.customers for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy customers_insert on public.customers for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
create policy customers_update on public.customers for update to authenticated
  using (organization_id = (select app.organization_with('write')))
  with check (organization_id = (select app.organization_with('write')));
create policy customers_delete on public.customers for delete to authenticated
  using (organization_id = (select app.organization_with('admin')));
-- created_at may be given once, by an import, and never changes; a contact never moves to another organization.
grant select, insert, delete, update (
  first_name, last_name, email, phone_number, phone_raw, company, address, shopify_customer_id, customer_label,
  journey_stage_id, lead_source_id, assigned_to, customer_score, tags, last_contact, next_follow_up, notes, metadata
) on public.customers to authenticated;
grant select, insert, update, delete on public.customers to service_role;

alter table public.customer_labels enable row level security;
alter table public.customer_labels force row level security;
create policy customer_labels_select on public.customer_labels for select to authenticated
  using (organization_id = (select app.organization_id()));
create policy customer_labels_insert on public.customer_labels for insert to authenticated
  with check (organization_id = (select app.organization_with('write')));
-- Taking a label off a contact is everyday work, not the loss of a record.
create policy customer_labels_delete on public.customer_labels for delete to authenticated
  using (organization_id = (select app.organization_with('write')));
grant select, insert, delete on public.customer_labels to authenticated;
grant select, insert, update, delete on public.customer_labels to service_role;

-- Clients read identities; they change them through the contact's own columns.
alter table public.customer_identities enable row level security;
alter table public.customer_identities force row level security;
create policy customer_identities_select on public.customer_identities for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.customer_identities to authenticated;
grant select, insert, update, delete on public.customer_identities to service_role;
