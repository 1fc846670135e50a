"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.runtime.postgres.transaction import Tx

from .models import PlanUsage


async def find_plan_usage(tx: Tx) -> PlanUsage | None:
    sql = """
        SELECT
          organizations.id AS organization_id, organizations.name AS organization_name, organizations.timezone,
          plans.code AS plan, plans.name AS plan_name, plans.scopes AS plan_scopes,
          array(
            SELECT scope
            FROM unnest('{read,write,admin}'::text[]) AS scope
            WHERE app.organization_with(scope) IS NOT NULL
          ) AS scopes,
          plans.features, plans.upgrade,
          plans.max_contacts, plans.max_orders, plans.orders_period, plans.max_messages_month, plans.max_api_calls_day,
          plans.agents_included + organizations.additional_agents AS max_agents, plans.max_warehouses,
          (SELECT count(*) FROM warehouses AS kept WHERE kept.organization_id = organizations.id) AS warehouses,
          coalesce(sum(counter.used) FILTER (WHERE counter.resource = 'contacts'), 0)::bigint AS contacts,
          coalesce(sum(counter.used) FILTER (
            WHERE counter.resource = 'orders'
              AND counter.period = CASE plans.orders_period WHEN 'total' THEN 'total' ELSE local.month END
          ), 0)::bigint AS orders,
          coalesce(sum(counter.used) FILTER (
            WHERE counter.resource = 'messages' AND counter.period = local.month
          ), 0)::bigint AS messages,
          (SELECT count(DISTINCT key.agent_id) FROM agent_api_keys AS key
            WHERE key.is_active AND (key.expires_at IS NULL OR key.expires_at > now())
          ) AS agents,
          (
            SELECT jsonb_object_agg(named.resource, jsonb_build_object(
              'used', coalesce(held.used, 0), 'limit', capped.cap, 'period', capped.period
            ))
            FROM unnest('{items,labels,chats,storage_bytes,attachment_bytes,trail_bytes}'::text[]) AS named (resource)
            CROSS JOIN LATERAL app.plan_cap(plans, named.resource) AS capped
            LEFT JOIN usage_counters AS held
              ON held.organization_id = organizations.id AND held.resource = named.resource
                AND held.period = CASE capped.period WHEN 'month' THEN local.month ELSE 'total' END
          ) AS room,
          greatest(
            (to_date(local.month, 'YYYY-MM') + interval '1 month') AT TIME ZONE organizations.timezone,
            CASE WHEN organizations.counting_until > now() THEN organizations.counting_until END
          ) AS month_ends,
          (date_trunc('day', now() AT TIME ZONE app.counting_timezone(organizations)) + interval '1 day')
            AT TIME ZONE app.counting_timezone(organizations) AS day_ends
        FROM organizations
        JOIN plans ON plans.code = organizations.plan_code
        CROSS JOIN LATERAL (SELECT app.counted_month(organizations, now()) AS month) AS local
        LEFT JOIN usage_counters AS counter
          ON counter.organization_id = organizations.id AND counter.period IN ('total', local.month)
        GROUP BY organizations.id, plans.*, plans.code, local.month
    """
    return await tx.find(PlanUsage, sql)


class _Used(msgspec.Struct, frozen=True):
    used: int


async def find_daily_calls(tx: Tx, *, organization_id: UUID, day: str) -> int:
    """Return the calls of that day at the last flush, as the service only."""
    sql = """
        SELECT used FROM usage_counters
        WHERE organization_id = %(organization_id)s AND resource = 'api_calls' AND period = %(day)s
    """
    found = await tx.find(_Used, sql, organization_id=organization_id, day=day)
    return found.used if found else 0


class SavedDay(msgspec.Struct, frozen=True):
    """The copy of a day's count, which may be above the count of the store."""

    organization_id: UUID
    day: str
    used: int


class CountedDay(msgspec.Struct, frozen=True):
    """A day in which an organization's API calls may be counted now."""

    organization_id: UUID
    day: str


async def list_counted_days(tx: Tx) -> list[CountedDay]:
    """Return today and yesterday of each organization, as the service only."""
    sql = """
        SELECT organizations.id AS organization_id, to_char(local.today - back, 'YYYY-MM-DD') AS day
        FROM organizations
        CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE app.counting_timezone(organizations))::date AS today) AS local
        CROSS JOIN generate_series(0, 1) AS back
    """
    return await tx.all(CountedDay, sql)


async def upsert_daily_calls(
    tx: Tx, *, organization_ids: Sequence[UUID], days: Sequence[str], used: Sequence[int]
) -> list[SavedDay]:
    """Save the counts, as the service only. A count never falls: the store may have lost it and started again."""
    sql = """
        INSERT INTO usage_counters AS counter (organization_id, resource, period, used)
        SELECT flushed.organization_id, 'api_calls', flushed.day, flushed.used
        FROM unnest(%(organization_ids)s::uuid[], %(days)s::text[], %(used)s::bigint[])
          AS flushed (organization_id, day, used)
        JOIN organizations ON organizations.id = flushed.organization_id
        ON CONFLICT (organization_id, resource, period)
        DO UPDATE SET used = greatest(counter.used, excluded.used), updated_at = now()
        RETURNING counter.organization_id, counter.period AS day, counter.used
    """
    return await tx.all(SavedDay, sql, organization_ids=list(organization_ids), days=list(days), used=list(used))


async def delete_old_counters(tx: Tx) -> int:
    """Delete counts of API calls after 400 days, as the service; months and totals stay."""
    sql = """
        DELETE FROM usage_counters
        WHERE ctid IN (
          SELECT old.ctid
          FROM organizations
          CROSS JOIN LATERAL (
            SELECT ctid FROM usage_counters AS counter
            WHERE counter.organization_id = organizations.id AND counter.resource = 'api_calls'
              AND counter.period < to_char(now() - interval '400 days', 'YYYY-MM-DD') AND length(counter.period) = 10
            LIMIT 5000
          ) AS old
          LIMIT 5000
        )
    """
    return await tx.run(sql)
