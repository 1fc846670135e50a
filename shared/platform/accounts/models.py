"""People, their identities and their sessions: rows, and what clients get of them."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from .proofs.flows import Challenge

EMAIL_PROVIDER = {"provider": "email", "providers": ["email"]}
"""In app_metadata of everybody who has an e-mail address."""


Confirmed = Literal["no", "by_host", "proven"]
"""Of a new account's address; one that the host confirms by itself nobody has proved yet."""


class Visitor(NamedTuple):
    """Who is at the other end, for the record."""

    address: str
    user_agent: str | None
    request_id: str
    languages: str = ""
    """As Accept-Language has them."""


class Landing(NamedTuple):
    """Where a mail's link leads in the end; with a challenge it brings a code there, otherwise the session itself."""

    redirect_to: str
    challenge: Challenge | None = None


class Addressee(msgspec.Struct, frozen=True):
    """Somebody who gets a mail. `new_email` is one that waits to be confirmed."""

    id: UUID
    email: str
    new_email: str
    user_metadata: dict[str, Any]
    is_confirmed: bool
    data: dict[str, Any] | None = None
    """What the request for the mail says of the person: their metadata if that mail is the first proof."""


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
    reauthentication_sent_at: datetime | None = None
    new_email: str | None = None
    email_change_sent_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    banned_until: datetime | None = None
    deleted_at: datetime | None = None


class GeneratedLink(User, frozen=True, omit_defaults=True, kw_only=True):
    """The account, and what a mail to it would have carried."""

    action_link: str
    email_otp: str
    hashed_token: str
    verification_type: str
    redirect_to: str


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
    """A user with what is nobody else's to see.

    `has_session` and `has_fresh_session`, which began within a day, speak of the session that was asked about.
    """

    user: User
    encrypted_password: str | None
    is_banned: bool
    has_session: bool
    has_fresh_session: bool


class StoredPassword(msgspec.Struct, frozen=True):
    user_id: UUID
    encrypted_password: str | None
    is_banned: bool
    is_confirmed: bool
    is_proven: bool
    is_familiar: bool
    """The account has signed in from the network that was asked about."""


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
