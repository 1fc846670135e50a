"""People without a name."""

from uuid import UUID

import msgspec

from shared.domain.channels.models import Platform


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a page-scoped id and no name; `attempts` includes the coming one."""

    organization_id: UUID
    channel_id: UUID
    platform: Platform
    page_id: str | None
    token_sealed: bytes | None
    scoped_id: str
    attempts: int


class ClaimedStranger(msgspec.Struct, frozen=True):
    """A person as JSON, decoded by itself, so that an unreadable one affects no other."""

    organization_id: UUID
    subject: str
    row: bytes


class Introduced(msgspec.Struct, frozen=True):
    """Counts of people: requested names, and names that the channel gave."""

    requested: int = msgspec.field(name="asked")
    named: int
    set_aside: int
