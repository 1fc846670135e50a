-- Our copy of the templates that Meta has approved, so that a closed window can be answered without asking Meta.

create table public.message_templates (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  waba_id text not null check (length(waba_id) between 1 and 64),
  template_id text not null check (length(template_id) between 1 and 64),
  name text not null check (length(name) between 1 and 512),
  language text not null check (length(language) between 1 and 20),
  category text,
  status text not null check (status ~ '^[A-Z_]{1,40}$'),
  quality text,
  components jsonb not null default '[]' check (jsonb_typeof(components) = 'array'),
  is_stale boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, waba_id, template_id)
);
create index message_templates_list_idx on public.message_templates (organization_id, name, language);
comment on table public.message_templates is 'WhatsApp message templates: what may be sent outside the 24-hour window.';
comment on column public.message_templates.organization_id is 'The organization that the row belongs to.';
comment on column public.message_templates.waba_id is 'The WhatsApp Business account; every number of it may send the template.';
comment on column public.message_templates.template_id is 'Meta''s id.';
comment on column public.message_templates.name is 'What a message names it by, together with the language.';
comment on column public.message_templates.language is 'Meta''s language code, such as ar or en_US.';
comment on column public.message_templates.category is 'MARKETING, UTILITY or AUTHENTICATION; Meta may change it.';
comment on column public.message_templates.status is 'APPROVED ones can be sent.';
comment on column public.message_templates.quality is 'Meta''s rating of how customers take it.';
comment on column public.message_templates.components is 'Header, body, footer and buttons with their places for parameters.';
comment on column public.message_templates.is_stale is 'Meta has changed it since it was fetched.';
comment on column public.message_templates.created_at is 'When the row was made.';
comment on column public.message_templates.updated_at is 'When the row last changed.';
create trigger touch_updated_at before update on public.message_templates
  for each row execute function app.touch_updated_at();
alter table public.message_templates enable row level security;
alter table public.message_templates force row level security;
create policy message_templates_select on public.message_templates for select to authenticated
  using (organization_id = (select app.organization_id()));
grant select on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;
