"""People to ask about."""

from uuid import UUID

import msgspec

from shared.domain.channels.models import Platform


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of whom a page-scoped id is known; `attempts` counts the coming one."""

    organization_id: UUID
    channel_id: UUID
    platform: Platform
    page_id: str | None
    token_sealed: bytes | None
    scoped_id: str
    attempts: int


class ClaimedStranger(msgspec.Struct, frozen=True):
    """Somebody as JSON: what of it cannot be read spoils no other."""

    organization_id: UUID
    subject: str
    row: bytes


class Introduced(msgspec.Struct, frozen=True):
    """How many were asked about, and of how many the channel told a name."""

    asked: int
    named: int
    set_aside: int
