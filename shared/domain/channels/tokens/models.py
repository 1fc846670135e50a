"""Tokens that are renewed and sealed anew."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.domain.channels.models import Platform


class SealedToken(msgspec.Struct, frozen=True, kw_only=True):
    channel_id: UUID
    organization_id: UUID
    token_sealed: bytes


class Resealed(msgspec.Struct, frozen=True):
    """How many tokens were sealed anew; of those that still are not, how many cannot be opened by any key there is."""

    resealed: int
    remaining: int
    unreadable: int


class EndingToken(SealedToken, frozen=True, kw_only=True):
    """One that is to be renewed, or else about to end."""

    platform: Platform
    page_id: str | None
    access_expires_at: datetime | None

    @property
    def is_renewable(self) -> bool:
        """Only Instagram Login's can be, without a person who signs in."""
        return self.platform == "instagram" and self.page_id is None


class ClaimedToken(msgspec.Struct, frozen=True):
    """A token as JSON: what of it cannot be read spoils no other."""

    organization_id: UUID
    channel_id: UUID
    row: bytes


class Refreshed(msgspec.Struct, frozen=True):
    """How many tokens were due, and how many of them are good for longer now."""

    due: int
    renewed: int
    set_aside: int
