-- What each plan allows. Null means unlimited.

create table public.plans (
  code text primary key,
  name text not null,
  rank smallint not null unique,
  price_usd_month integer not null check (price_usd_month >= 0),
  scopes text[] not null,
  max_contacts integer check (max_contacts >= 0),
  max_orders integer check (max_orders >= 0),
  orders_period text not null check (orders_period in ('total', 'month')),
  max_messages_month integer not null check (max_messages_month >= 0),
  max_api_calls_day integer not null check (max_api_calls_day > 0),
  agents_included integer check (agents_included > 0),
  additional_agent_usd_month integer check (additional_agent_usd_month >= 0),
  max_warehouses integer check (max_warehouses > 0),
  retention_days integer check (retention_days > 0),
  features text[] not null,
  upgrade text not null
);
comment on table public.plans is 'What each plan allows; null means unlimited.';
comment on column public.plans.scopes is 'The scopes that agents of this plan may use at most.';
comment on column public.plans.orders_period is 'Whether max_orders counts for ever (total) or in each calendar month (month).';
comment on column public.plans.additional_agent_usd_month is 'Price of one agent more; null where none is sold.';
comment on column public.plans.upgrade is 'What to tell a caller who has met a limit of this plan.';

insert into public.plans
  (code, name, rank, price_usd_month, scopes, max_contacts, max_orders, orders_period, max_messages_month,
   max_api_calls_day, agents_included, additional_agent_usd_month, max_warehouses, retention_days, features, upgrade)
values
  ('free', 'Free', 0, 0, '{read}', 50, 25, 'total', 0, 500, 1, null, 1, 30, '{}',
   'Starter (USD 99 a month) adds write access, messaging, 500 contacts, 200 orders a month and 5,000 API calls a day.'),
  ('starter', 'Starter', 1, 99, '{read,write}', 500, 200, 'month', 1000, 5000, 2, 10, 2, 365,
   '{messaging,shipping,social}',
   'Growth (USD 199 a month) adds admin access, VoIP, automation, 5,000 contacts and unlimited orders.'),
  ('growth', 'Growth', 2, 199, '{read,write,admin}', 5000, null, 'month', 5000, 25000, 5, 5, null, 730,
   '{messaging,shipping,social,voip,automation}',
   'Scale (USD 599 a month) adds the AI suite, unlimited contacts, 20,000 messages and 100,000 API calls a day.'),
  ('scale', 'Scale', 3, 599, '{read,write,admin}', null, null, 'month', 20000, 100000, null, 5, null, null,
   '{messaging,shipping,social,voip,automation,ai,integrations,onboarding,sla,priority_support}',
   'Scale is the highest plan: talk to sales about larger limits.');
