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
    """The content of the credential; at the start of every transaction the database checks that it is still valid."""

    kind: Kind
    role: str
    """The database role: anon, authenticated or service_role."""
    claims: str
    """The claims as JSON, which row policies read."""
    subject: UUID | None = None
    organization_id: UUID | None = None
    org_role: str | None = None
    scopes: frozenset[str] = frozenset()
    """Scopes of an agent; a person's rights follow from the membership."""
    key_id: UUID | None = None
    session_id: UUID | None = None
    timezone: str | None = None
    """The organization's time zone."""
    day_timezone: str | None = None
    """The time zone of its day of API calls: the old one until the end of a day on which it was changed."""

    @cached_property
    def rate_key(self) -> str:
        """The key of rate classes: the user within the organization."""
        return f"{self.subject}:{self.organization_id}"

    @cached_property
    def organization_key(self) -> str:
        """The key of the organization's calls of a day."""
        return str(self.organization_id)


ANONYMOUS = Principal(kind=Kind.ANONYMOUS, role="anon", claims='{"role":"anon"}')
SERVICE = Principal(kind=Kind.SERVICE, role="service_role", claims='{"role":"service_role"}')


def principal_of(claims: dict[str, Any]) -> Principal:
    """Return the caller that verified claims name.

    Raises:
        msgspec.ValidationError, KeyError: for claims that have not our shape.
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
