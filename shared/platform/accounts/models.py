"""People, their identities and their sessions: rows, and the answers to clients."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from .proofs.flows import Challenge

EMAIL_PROVIDER = {"provider": "email", "providers": ["email"]}
"""Values in the app_metadata of everybody with an e-mail address."""


Confirmed = Literal["no", "by_host", "proven"]
"""How a new account's address is confirmed; with `by_host`, nobody has proved it yet."""


class Visitor(NamedTuple):
    """The client that sent the request, for the audit log."""

    address: str
    user_agent: str | None
    request_id: str
    languages: str = ""
    """The value of Accept-Language."""


class Landing(NamedTuple):
    """The final target of a mail's link; with a challenge it receives a code, otherwise the session itself."""

    redirect_to: str
    challenge: Challenge | None = None


class Addressee(msgspec.Struct, frozen=True):
    """The recipient of a mail; `new_email` waits for its confirmation."""

    id: UUID
    email: str
    new_email: str
    user_metadata: dict[str, Any]
    is_confirmed: bool
    data: dict[str, Any] | None = None
    """The person's metadata in the request for the mail, which are kept if this mail is the first proof."""


class Identity(msgspec.Struct, frozen=True):
    """A way to sign in; `id` is the person's id at the provider, `identity_id` the row's."""

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
    """An account as clients see it; the time of an event that has not happened is omitted."""

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
    """The account, with the link and the code for a mail to it."""

    action_link: str
    email_otp: str
    hashed_token: str
    verification_type: str
    redirect_to: str


class Session(msgspec.Struct, frozen=True):
    """A client's session: `expires_in` is in seconds, `expires_at` is Unix time."""

    access_token: str
    token_type: str
    expires_in: int
    expires_at: int
    refresh_token: str
    user: User
    weak_password: None = None


class Account(msgspec.Struct, frozen=True):
    """A user with fields that no client sees.

    `has_session` and `has_fresh_session` are about the session in the query; a fresh one began within a day.
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
    """True if the account has signed in before from the network in the query."""


class StoredRefreshToken(msgspec.Struct, frozen=True):
    """A refresh token, and the token of its session that is active now, if any; both as digests."""

    user_id: UUID
    session_id: UUID
    amr: list[dict[str, Any]]
    revoked: bool
    is_recent: bool
    """True if the token changed within the reuse interval."""
    active: str | None
    is_parent_of_active: bool
    is_session_over: bool
    is_banned: bool


class UserPage(msgspec.Struct, frozen=True):
    users: list[User]
    total: int
