"""Conversations in a list, messages of a conversation, and its state that people change."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from shared.domain.media.models import MediaFile, MediaLink

UNTRUSTED = ("data.content", "data.details", "data.files.file_name")
"""Fields with customers' texts."""


class MaySend(StrEnum):
    """The kinds of messages that may be sent on the channel now.

    After 24 hours without a message from the customer, WhatsApp accepts templates only; Messenger and Instagram accept
    messages that a person wrote for seven days, then nothing.
    """

    ANYTHING = "anything"
    TEMPLATES = "templates"
    WRITTEN_BY_A_PERSON = "written_by_a_person"
    NOTHING = "nothing"


class ConversationMessage(msgspec.Struct, frozen=True):
    """`content` is cut after 1,000 characters."""

    id: UUID
    direction: str
    message_type: str
    content: str | None
    status: str
    timestamp: datetime


class Conversation(msgspec.Struct, frozen=True):
    """A conversation in a list; a field that was not selected is unset. `messages` has the newest, in their order."""

    id: UUID
    last_message_time: datetime
    platform: str | UnsetType = UNSET
    contact_name: str | UnsetType | None = UNSET
    contact_phone: str | UnsetType | None = UNSET
    customer_id: UUID | UnsetType | None = UNSET
    last_message: str | UnsetType | None = UNSET
    unread_count: int | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    assigned_to: str | UnsetType | None = UNSET
    may_send: MaySend | UnsetType = UNSET
    window_expires_at: datetime | UnsetType | None = UNSET
    channel_status: str | UnsetType | None = UNSET
    messages: list[ConversationMessage] | UnsetType = UNSET


class ConversationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that all hold at once; None is no condition."""

    chat_id: UUID | None = None
    customer_id: UUID | None = None
    channel: str | None = None
    is_archived: bool | None = None
    unread: bool | None = None


class MessageRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message without its null fields. `content` is missing if there is no text, or if its author deleted it."""

    id: UUID
    direction: str
    message_type: str
    status: str
    timestamp: datetime
    content: str | None = None
    sender_type: str | None = None
    sender_id: UUID | None = None
    platform_message_id: str | None = None
    reply_to: str | None = None
    details: dict[str, Any] | None = None
    reactions: list[dict[str, Any]] = []
    error: dict[str, Any] | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


class StoredMessage(MessageRow, frozen=True, kw_only=True, omit_defaults=True):
    attached: list[MediaFile]


class Message(MessageRow, frozen=True, kw_only=True, omit_defaults=True):
    """A message whose `files` have URLs that are valid for minutes: ask again and do not store them."""

    files: list[MediaLink]


class ConversationState(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    unread_count: int
    is_archived: bool
    assigned_to: str | None
