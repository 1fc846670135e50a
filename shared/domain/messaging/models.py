"""Conversations and messages."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Channel(StrEnum):
    """The channels that can send."""

    WHATSAPP = "whatsapp"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


class MaySend(StrEnum):
    """What the channel lets through now. After 24 hours without a word from the customer WhatsApp takes templates only,
    Messenger and Instagram for seven days what a person wrote, then nothing.
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
    """A conversation in a list; a field that was not asked for is unset. `messages` has the newest, in their order."""

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
    """All that are given must hold."""

    chat_id: UUID | None = None
    customer_id: UUID | None = None
    channel: str | None = None
    is_archived: bool | None = None
    unread: bool | None = None
