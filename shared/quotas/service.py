"""Reports of usage against the plan."""

from datetime import date, datetime
from functools import partial
from uuid import UUID

from shared.kernel.errors import NotFound
from shared.kernel.structs import fields_of
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.runtime.store.client import store
from shared.runtime.store.models import Counter

from . import queries
from .models import Meter, PlanUsage, UsageReport
from .rates import DAILY, DAY_KEPT_S

_PARTS, _MOST_CALLS = 3, 2**62
_WARN_FROM = 0.8
"""Callers are warned from this part of a limit."""


async def report_usage(tx: Tx, *, calls_today: int) -> UsageReport:
    """Return plan, counters, remaining amounts, warnings from 80 percent, and what the next plan would add."""
    found = await queries.find_plan_usage(tx)
    if found is None:
        raise NotFound
    meters = _meters(found, calls_today)
    return UsageReport(
        **fields_of(UsageReport, found),
        usage=meters,
        warnings=[warning for name, meter in meters.items() if (warning := _warning(name, meter))],
        upgrade_url=settings().pricing_url,
    )


def _meters(found: PlanUsage, calls_today: int) -> dict[str, Meter]:
    monthly = found.orders_period == "month"
    return {
        "contacts": _meter(found.contacts, found.max_contacts, "total", None),
        "orders": _meter(found.orders, found.max_orders, found.orders_period, found.month_ends if monthly else None),
        "messages": _meter(found.messages, found.max_messages_month, "month", found.month_ends),
        "api_calls": _meter(calls_today, found.max_api_calls_day, "day", found.day_ends),
        "agents": _meter(found.agents, found.max_agents, "total", None),
        "warehouses": _meter(found.warehouses, found.max_warehouses, "total", None),
    } | {
        name: _meter(room.used, room.limit, room.period, found.month_ends if room.period == "month" else None)
        for name, room in found.room.items()
    }


def _meter(used: int, limit: int | None, period: str, resets_at: datetime | None) -> Meter:
    remaining = None if limit is None else max(0, limit - used)
    return Meter(used=used, limit=limit, remaining=remaining, period=period, resets_at=resets_at)


def _warning(name: str, meter: Meter) -> str | None:
    if not meter.limit or meter.used < meter.limit * _WARN_FROM:
        return None
    named = name.replace("_", " ").replace("api", "API")
    return f"{meter.used} of {meter.limit} {named} are used" + (": the next is refused" if not meter.remaining else "")


async def flush_daily_calls(tx: Tx) -> int:
    """Copy the daily counts of the shared store to Postgres; return the number of rows.

    A store that came back with older counts gets those of Postgres.
    """
    counts = await store().list_counters(DAILY, known=partial(_list_days, tx))
    rows = [row for key, used in counts.items() if (row := _counted(key, used))]
    if not rows:
        return 0
    organizations, days, calls = zip(*rows, strict=True)
    saved = await queries.upsert_daily_calls(tx, organization_ids=organizations, days=days, used=calls)
    counted = {(organization, day): used for organization, day, used in rows}
    for copy in saved:
        if copy.used > counted[copy.organization_id, copy.day]:
            await store().raise_to(Counter(f"{DAILY}{copy.organization_id}:{copy.day}", DAY_KEPT_S), copy.used)
    return len(saved)


async def _list_days(tx: Tx) -> list[str]:
    return [f"{DAILY}{counted.organization_id}:{counted.day}" for counted in await queries.list_counted_days(tx)]


def _counted(key: str, used: int) -> tuple[UUID, str, int] | None:
    """Return the row of a counter, None if it is not one of ours, so that the others are still copied."""
    parts = key.split(":")
    try:
        organization, day = UUID(parts[1]), date.fromisoformat(parts[2]).isoformat()
    except (IndexError, ValueError):
        log().warning("usage_unreadable", key=key[:200])
        return None
    return (organization, day, min(used, _MOST_CALLS)) if len(parts) == _PARTS and used >= 0 else None
