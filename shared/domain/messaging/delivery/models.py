"""Outbound messages, from the request to the outcome."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from shared.domain.channels.models import ChannelStatus, Platform
from shared.providers.meta.recipients import Recipient

WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


class ChannelIds(msgspec.Struct, frozen=True):
    """The ids of a conversation's person or group on its channel."""

    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    scoped_id: str | None = None
    group_id: str | None = None

    @property
    def recipient(self) -> Recipient:
        return Recipient(
            phone=self.wa_id,
            user_id=self.user_id or self.parent_user_id,
            scoped_id=self.scoped_id,
            group_id=self.group_id,
        )


class Plan(msgspec.Struct, frozen=True):
    """The organization's plan, with its number of outbound messages and the text about an upgrade."""

    code: str
    messages: int
    upgrade: str


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, with the conditions for sending in it."""

    id: UUID
    platform: str
    channel_id: UUID | None
    channel_status: ChannelStatus | None
    channel_status_reason: str | None
    last_inbound_at: datetime | None
    marketing_stopped_at: datetime | None
    unreachable_count: int
    plan: Plan
    known_by: ChannelIds


class SendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be sent; `media_id` is a file of ours in place of the content's own."""

    content: dict[str, Any]
    reply_to: str | None = None
    human_agent: bool = False
    media_id: UUID | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it has a row."""

    chat_id: UUID
    message_type: str
    content: str | None
    details: dict[str, Any]
    reply_to: str | None


class DueMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that this worker alone has taken; `attempts` includes the coming one.

    It may be sent after `wait_s` seconds; this time slot is reserved for it.
    """

    message_id: UUID
    organization_id: UUID
    chat_id: UUID
    channel_id: UUID
    platform: Platform
    external_id: str
    page_id: str | None
    token_sealed: bytes | None
    request: SendRequest
    attempts: int
    was_repeated: bool
    last_inbound_at: datetime | None
    known_by: ChannelIds
    now: datetime
    wait_s: float


class ClaimedMessage(msgspec.Struct, frozen=True):
    """A taken message as JSON, decoded by itself, so that an unreadable one affects no other."""

    organization_id: UUID
    message_id: UUID
    attempts: int
    row: bytes


class MessageIds(msgspec.Struct, frozen=True):
    """The conversation of a message, and its id at the provider."""

    chat_id: UUID
    platform_message_id: str | None


class LatestInbound(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's newest message, with the channel to reach them."""

    organization_id: UUID
    platform: Platform
    external_id: str
    page_id: str | None
    token_sealed: bytes | None
    known_by: ChannelIds
    platform_message_id: str


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`delivery` is the state of the delivery, `status` the channel's last status, `error` the cause of a failure.

    `not_before` is the earliest time at which the pace of channel and person allows a queued message.
    """

    id: UUID
    chat_id: UUID
    platform: str
    message_type: str
    content: str | None
    status: str
    delivery: DeliveryState
    platform_message_id: str | None
    error: dict[str, Any] | None
    timestamp: datetime
    not_before: datetime | None


class Delivered(msgspec.Struct, frozen=True):
    """Counts of a run: messages that it took, and those that the provider accepted."""

    taken: int
    accepted: int
    repeated: int
    set_aside: int
