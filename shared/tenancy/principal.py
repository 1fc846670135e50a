"""The caller, as its verified credential describes it."""

from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec


class Kind(StrEnum):
    ANONYMOUS = "anonymous"
    USER = "user"
    AGENT = "agent"
    SERVICE = "service"


class Principal(msgspec.Struct, frozen=True, dict=True):
    """What the credential says; whether it still holds is the database's word, at each transaction's start."""

    kind: Kind
    role: str
    """The database role: anon, authenticated or service_role."""
    claims: str
    """The claims as JSON, which row policies read."""
    subject: UUID | None = None
    organization_id: UUID | None = None
    org_role: str | None = None
    scopes: frozenset[str] = frozenset()
    """Of an agent; a person's rights follow from the membership."""
    key_id: UUID | None = None
    session_id: UUID | None = None
    timezone: str | None = None
    """The organization's."""
    day_timezone: str | None = None
    """What its day of API calls is counted in: the same, but for the rest of a day in which it was changed."""

    @cached_property
    def rate_key(self) -> str:
        """What the rate classes count by: the user within the organization."""
        return f"{self.subject}:{self.organization_id}"

    @cached_property
    def organization_key(self) -> str:
        """What the organization's days are counted by."""
        return str(self.organization_id)


ANONYMOUS = Principal(kind=Kind.ANONYMOUS, role="anon", claims='{"role":"anon"}')
SERVICE = Principal(kind=Kind.SERVICE, role="service_role", claims='{"role":"service_role"}')


def principal_of(claims: dict[str, Any]) -> Principal:
    """The caller that verified claims name.

    Raises:
        msgspec.ValidationError, KeyError: for claims of another shape than ours.
    """
    text = msgspec.json.encode(claims).decode()
    role = claims.get("role")
    if role == "service_role":
        return Principal(kind=Kind.SERVICE, role=role, claims=text)
    if role == "anon":
        return Principal(kind=Kind.ANONYMOUS, role=role, claims=text)
    if role != "authenticated":
        raise KeyError("role")
    metadata = msgspec.convert(claims.get("app_metadata") or {}, dict[str, Any])
    agent = claims.get("org_role") == "agent"
    return Principal(
        kind=Kind.AGENT if agent else Kind.USER,
        role=role,
        claims=text,
        subject=UUID(claims["sub"]),
        organization_id=_uuid(claims["organization_id"] if agent else metadata.get("organization_id")),
        org_role="agent" if agent else metadata.get("org_role"),
        scopes=msgspec.convert(claims["agent_scopes"], frozenset[str]) if agent else frozenset(),
        key_id=UUID(claims["key_id"]) if agent else None,
        session_id=_uuid(claims.get("session_id")),
        timezone=claims.get("organization_timezone"),
        day_timezone=claims.get("organization_day_timezone") or claims.get("organization_timezone"),
    )


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None
