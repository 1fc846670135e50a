"""Numbers and pages."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

Platform = Literal["whatsapp", "facebook", "instagram"]


class ChannelStatus(StrEnum):
    CONNECTED = "connected"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DISCONNECTED = "disconnected"


class NewChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that the provider has confirmed to be the caller's. `page_id` is the page of an Instagram account.

    `messages_per_second` is the provider's limit for this channel; None is its usual limit. `token_expires_in` is in
    seconds; None for a token that does not expire by time, or of unknown duration.
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
    """A channel with its sealed token, for the service only; no function returns it."""

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
    """A channel as the organization sees it."""

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
