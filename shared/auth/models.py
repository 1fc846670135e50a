"""Agents and their keys."""

from datetime import datetime
from uuid import UUID

import msgspec


class AgentKey(msgspec.Struct, frozen=True):
    """A key without its secret part."""

    id: UUID
    agent_id: UUID
    agent_name: str
    name: str
    key_prefix: str
    scopes: list[str]
    is_active: bool
    expires_at: datetime | None
    last_used_at: datetime | None
    replaced_by: UUID | None
    created_at: datetime


class InsertedKey(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID
    agent_id: UUID
    name: str
    key_prefix: str
    scopes: list[str]
    expires_at: datetime | None


class StoredKey(msgspec.Struct, frozen=True):
    """The columns that an exchange needs; only the service may read `key_hash`."""

    id: UUID
    organization_id: UUID
    user_id: UUID
    key_hash: str
    scopes: list[str]
    plan_scopes: list[str]
    is_usable: bool
    timezone: str
    day_timezone: str


class PlanLimits(msgspec.Struct, frozen=True):
    """Null means unlimited; `orders_period` is total (orders count for ever) or month."""

    contacts: int | None
    orders: int | None
    orders_period: str
    messages_month: int
    api_calls_day: int
    agents: int | None


class Registration(msgspec.Struct, frozen=True):
    organization_id: UUID
    agent_id: UUID
    key_id: UUID
    scopes: list[str]
    plan: str
    limits: PlanLimits


class Attempt(msgspec.Struct, frozen=True):
    """`retry_after` is in seconds; 0 allows the attempt."""

    id: int
    retry_after: int
    limited_by: str | None


class ExchangeAttempt(Attempt, frozen=True):
    """`key` is the key with that prefix, if there is one."""

    key: StoredKey | None
