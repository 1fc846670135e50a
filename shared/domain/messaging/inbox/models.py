"""Webhook bodies, and the results of reading them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec


class NewBody(NamedTuple):
    """`signed_with` is the index of the signing secret in the settings."""

    source: str
    body: bytes
    signed_with: int
    request_id: str


class WaitingBody(msgspec.Struct, frozen=True):
    """A body to be read; `attempts` includes the coming one."""

    id: int
    body: bytes
    received_at: datetime
    attempts: int


class DoneBody(NamedTuple):
    """A body that was read: the number of its events, and of those without a channel."""

    id: int
    events: int
    unrouted: int


class KeptBody(msgspec.Struct, frozen=True):
    """A body that is read already, with the events that were set aside."""

    id: int
    body: bytes
    received_at: datetime


class SetAsideEvent(NamedTuple):
    """An event that was set aside, in its body, and is due again."""

    organization_id: UUID
    subject: str
    body: bytes
    received_at: datetime


class ReceivedMessage(msgspec.Struct, frozen=True):
    """`is_new` is False for a message that exists already, such as the echo of our own."""

    message_id: UUID
    chat_id: UUID
    is_new: bool


class MessageFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about a message; `message_id` is ours, if the provider returned it."""

    dedup_key: str
    platform_message_id: str | None
    message_id: UUID | None = None
    kind: str
    value: str | None
    author: str
    occurred_at: datetime
    details: dict[str, Any] = {}


class ChannelFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about a channel or a conversation, which is not a message.

    `known_as` lists the person's ids, each as its kind, a space and the value; None for a fact about the channel.
    """

    dedup_key: str
    name: str
    payload: Any
    occurred_at: datetime
    known_as: list[str] | None = None


class ChannelMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message from the channel, with the fields of app.receive_message."""

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
    """`unrouted` counts events of numbers and pages that nobody has connected; `retried` those set aside before."""

    bodies: int
    events: int
    unrouted: int
    set_aside: int
    retried: int
