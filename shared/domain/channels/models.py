"""Numbers, pages and templates."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

Platform = Literal["whatsapp", "facebook", "instagram"]


class ChannelStatus(StrEnum):
    CONNECTED = "connected"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DISCONNECTED = "disconnected"


class NewChannel(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider has shown to be the caller's. `page_id`: the page that an Instagram account came through.

    `messages_per_second`: what the provider takes of this one; None: what it takes of any. `token_expires_in`: in
    seconds; None where it does not end by time, or the provider has not said.
    """

    platform: Platform
    external_id: str
    waba_id: str | None = None
    page_id: str | None = None
    display_name: str | None = None
    phone: str | None = None
    messages_per_second: int | None = None
    token_expires_in: int | None = None


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """As the service sees it: with the sealed token, which leaves through no function."""

    id: UUID
    organization_id: UUID
    platform: Platform
    external_id: str
    waba_id: str | None
    page_id: str | None
    phone: str | None
    status: ChannelStatus
    token_sealed: bytes | None
    country: str


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """As the organization sees it."""

    id: UUID
    platform: Platform
    external_id: str
    waba_id: str | None
    display_name: str | None
    phone: str | None
    status: ChannelStatus
    status_reason: str | None
    resumes_at: datetime | None
    access_expires_at: datetime | None
    created_at: datetime


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


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """`components` are Meta's: header, body, footer, buttons."""

    name: str
    language: str
    category: str | None
    status: str
    quality: str | None
    components: list[dict[str, Any]]


class TemplateRow(Template, frozen=True, kw_only=True):
    template_id: str


class TemplateName(msgspec.Struct, frozen=True):
    """Enough to choose one and to send it."""

    name: str
    language: str
    category: str | None
