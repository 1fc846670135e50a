-- Return which number of the plan caps a resource, in total or in each month, and how people read that number.
create or replace function app.plan_cap(plan public.plans, resource text)
  returns table (cap bigint, period text, told text)
language sql immutable set search_path = '' as $$
  select named.cap, named.period,
    case when named.resource like '%\_bytes'
      then pg_catalog.pg_size_pretty(named.cap) || ' of ' || replace(named.resource, '_bytes', '')
      else named.cap || ' ' || named.resource end
    || case named.period when 'month' then ' a month' else '' end
  from (values
    ('contacts', plan.max_contacts::bigint, 'total'),
    ('orders', plan.max_orders, plan.orders_period),
    ('messages', plan.max_messages_month, 'month'),
    ('items', plan.max_items, 'total'),
    ('labels', plan.max_labels, 'total'),
    ('chats', plan.max_chats, 'total'),
    ('storage_bytes', plan.max_storage_bytes, 'total'),
    ('attachment_bytes', plan.max_attachment_bytes, 'total'),
    ('trail_bytes', plan.max_trail_bytes_month, 'month')
  ) as named (resource, cap, period)
  where named.resource = plan_cap.resource
$$;
grant execute on function app.plan_cap to authenticated;
