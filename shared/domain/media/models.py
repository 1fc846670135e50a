"""Files, and the tasks that fetch or erase their bytes."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Failure(StrEnum):
    """Why a customer's file could not be fetched."""

    GONE = "gone"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    NOT_ALLOWED = "not_allowed"
    UNAVAILABLE = "unavailable"
    NO_ROOM = "no_room"
    """The plan's storage is used up."""


class MediaFile(msgspec.Struct, frozen=True):
    """`mime_type` is the type by the bytes; `file_name` is the sender's. Both are None until the file is stored."""

    id: UUID
    organization_id: UUID
    kind: MediaKind
    status: Literal["waiting", "stored", "failed", "deleted"]
    failure: Failure | None
    mime_type: str | None
    file_name: str | None
    size_bytes: int | None
    sha256: str | None
    created_at: datetime


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a channel announced: by its URL, or by an id that gives the URL."""

    id: UUID
    kind: MediaKind
    provider_id: str | None
    url: str | None
    file_name: str | None
    mime_type: str | None
    """The type that the channel declared, kept until the bytes are known."""
    sha256: str | None


class Task(msgspec.Struct, frozen=True):
    """A task that one worker holds until its lease ends."""

    organization_id: UUID
    media_id: UUID
    task: Literal["fetch", "erase"]
    kind: MediaKind
    mime_type: str | None
    file_name: str | None
    channel_id: UUID | None
    provider_id: str | None
    url: str | None
    sha256: str | None
    attempts: int


class ClaimedTask(msgspec.Struct, frozen=True):
    """A task as JSON, decoded by itself, so that an unreadable one affects no other."""

    organization_id: UUID
    media_id: UUID
    row: bytes


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file's type, size and hash, by its bytes."""

    mime_type: str
    size_bytes: int
    sha256: str


class MediaLink(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is readable by everybody who has it until `expires_at`; both are None while there is nothing to read."""

    id: UUID
    kind: MediaKind
    status: str
    failure: Failure | None = None
    mime_type: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    url: str | None = None
    expires_at: datetime | None = None
