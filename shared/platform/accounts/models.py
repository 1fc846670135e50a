"""People, their identities and their sessions: rows, and what clients get of them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec


class Visitor(NamedTuple):
    """Who is at the other end, for the record."""

    address: str
    user_agent: str | None
    request_id: str


class Identity(msgspec.Struct, frozen=True):
    """One way in; `id` is the person's id at the provider, `identity_id` the row's."""

    identity_id: UUID
    id: str
    user_id: UUID
    identity_data: dict[str, Any]
    provider: str
    email: str | None
    last_sign_in_at: datetime | None
    created_at: datetime
    updated_at: datetime


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account as clients see it; a time that has not come is left out."""

    id: UUID
    aud: str
    role: str
    email: str
    phone: str
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    identities: list[Identity]
    created_at: datetime
    updated_at: datetime
    is_anonymous: bool
    email_confirmed_at: datetime | None = None
    confirmed_at: datetime | None = None
    invited_at: datetime | None = None
    confirmation_sent_at: datetime | None = None
    recovery_sent_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    banned_until: datetime | None = None
    deleted_at: datetime | None = None


class Session(msgspec.Struct, frozen=True):
    """What a client needs to go on: `expires_in` counts seconds, `expires_at` is Unix time."""

    access_token: str
    token_type: str
    expires_in: int
    expires_at: int
    refresh_token: str
    user: User
    weak_password: None = None


class Account(msgspec.Struct, frozen=True):
    """A user with what is nobody else's to see. `has_session` speaks of the session that was asked about."""

    user: User
    encrypted_password: str | None
    is_banned: bool
    has_session: bool


class StoredPassword(msgspec.Struct, frozen=True):
    user_id: UUID
    encrypted_password: str | None
    is_banned: bool
    is_confirmed: bool


class StoredRefreshToken(msgspec.Struct, frozen=True):
    """A refresh token and the one of its session that is active now, if any; both as digests."""

    user_id: UUID
    session_id: UUID
    amr: list[dict[str, Any]]
    revoked: bool
    is_recent: bool
    """Changed within the reuse interval."""
    active: str | None
    is_parent_of_active: bool
    is_session_over: bool
    is_banned: bool


class UserPage(msgspec.Struct, frozen=True):
    users: list[User]
    total: int
