"""Messages as people and agents read them, and the state of a conversation that they change."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.domain.media.models import MediaFile, MediaLink

UNTRUSTED = ("data.content", "data.details", "data.files.file_name")
"""What customers wrote."""


class MessageRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is null is left out. There is no `content` in a message without words, or that its author took back."""

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
    """`files` have addresses that last minutes: ask again rather than keep them."""

    files: list[MediaLink]


class ConversationState(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    unread_count: int
    is_archived: bool
    assigned_to: str | None
