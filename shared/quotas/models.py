"""Plans and usage in reports."""

from datetime import datetime
from uuid import UUID

import msgspec


class Room(msgspec.Struct, frozen=True):
    """Usage of something that the plan limits, for ever (total) or by month."""

    used: int
    limit: int | None
    period: str


class PlanUsage(msgspec.Struct, frozen=True):
    """The organization, its plan and the counts of Postgres."""

    organization_id: UUID
    organization_name: str
    timezone: str
    plan: str
    plan_name: str
    plan_scopes: list[str]
    scopes: list[str]
    features: list[str]
    upgrade: str
    max_contacts: int | None
    max_orders: int | None
    orders_period: str
    max_messages_month: int
    max_api_calls_day: int
    max_agents: int | None
    max_warehouses: int | None
    contacts: int
    orders: int
    messages: int
    agents: int
    warehouses: int
    room: dict[str, Room]
    month_ends: datetime
    day_ends: datetime


class Meter(msgspec.Struct, frozen=True):
    """`limit` and `remaining` are null where the plan sets no limit."""

    used: int
    limit: int | None
    remaining: int | None
    period: str
    resets_at: datetime | None


class UsageReport(msgspec.Struct, frozen=True):
    """`scopes` are those of the calling credential now; `plan_scopes` those that a key of this plan may have."""

    organization_id: UUID
    organization_name: str
    plan: str
    plan_name: str
    plan_scopes: list[str]
    scopes: list[str]
    features: list[str]
    usage: dict[str, Meter]
    warnings: list[str]
    upgrade: str
    upgrade_url: str
