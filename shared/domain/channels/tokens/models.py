"""Tokens for renewal and resealing."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.domain.channels.models import Platform


class SealedToken(msgspec.Struct, frozen=True, kw_only=True):
    channel_id: UUID
    organization_id: UUID
    token_sealed: bytes


class Resealed(msgspec.Struct, frozen=True):
    """Counts of resealed tokens, of those that remain, and of those among them that no key opens."""

    resealed: int
    remaining: int
    unreadable: int


class EndingToken(SealedToken, frozen=True, kw_only=True):
    """A token that is due for renewal, or ends soon if it cannot be renewed."""

    platform: Platform
    page_id: str | None
    access_expires_at: datetime | None

    @property
    def is_renewable(self) -> bool:
        """Whether the token can be renewed without a person, which only Instagram Login allows."""
        return self.platform == "instagram" and self.page_id is None


class ClaimedToken(msgspec.Struct, frozen=True):
    """A token as JSON, decoded by itself, so that an unreadable one affects no other."""

    organization_id: UUID
    channel_id: UUID
    row: bytes


class Refreshed(msgspec.Struct, frozen=True):
    """Counts of due tokens and of renewed ones."""

    due: int
    renewed: int
    set_aside: int
