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
