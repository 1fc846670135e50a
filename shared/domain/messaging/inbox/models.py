"""Bodies that wait, and what became of them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec


class NewBody(NamedTuple):
    """`signed_with` is the place of the secret that signed it among those of the settings."""

    source: str
    body: bytes
    signed_with: int
    request_id: str


class WaitingBody(msgspec.Struct, frozen=True):
    """`attempts` counts the coming one."""

    id: int
    body: bytes
    received_at: datetime
    attempts: int


class DoneBody(NamedTuple):
    """A body that was read: its events, and how many of them nobody could be given."""

    id: int
    events: int
    unrouted: int


class SetAsideEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was set aside, in its body, and is due again."""

    id: UUID
    organization_id: UUID
    subject: str
    body: bytes
    received_at: datetime


class Received(msgspec.Struct, frozen=True):
    """`is_new` is False for a message that was there before, be it our own coming back."""

    message_id: UUID
    chat_id: UUID
    is_new: bool


class MessageFact(msgspec.Struct, frozen=True, kw_only=True):
    """News of a message. `message_id` is ours, where the provider gave it back."""

    dedup_key: str
    platform_message_id: str | None
    message_id: UUID | None = None
    kind: str
    value: str | None
    author: str
    occurred_at: datetime
    details: dict[str, Any] = {}


class ChannelFact(msgspec.Struct, frozen=True, kw_only=True):
    """News of a channel or conversation that is no message.

    `known_as`: whom it is about, each id as its kind, a space and the value; None for news of the channel itself.
    """

    dedup_key: str
    name: str
    payload: Any
    occurred_at: datetime
    known_as: list[str] | None = None


class ChannelMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the channel has it; the fields of app.receive_message."""

    platform_message_id: str
    direction: str
    message_type: str
    content: str | None
    details: dict[str, Any] | None
    media_type: str | None
    timestamp: datetime
    origin: str
    reply_to: str | None = None
    referral: Any = None
    status: str | None = None
    message_id: UUID | None = None


class Processed(msgspec.Struct, frozen=True):
    """`unrouted` are events of numbers and pages that nobody has connected; `retried` had been set aside."""

    bodies: int
    events: int
    unrouted: int
    set_aside: int
    retried: int
