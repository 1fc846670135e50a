"""Files, and the work that makes them readable or makes them disappear."""

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
    """Why a customer's file could not be had."""

    GONE = "gone"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    NOT_ALLOWED = "not_allowed"
    UNAVAILABLE = "unavailable"
    NO_ROOM = "no_room"
    """The plan's bytes are used."""


class MediaFile(msgspec.Struct, frozen=True):
    """`mime_type` is what the bytes say; `file_name` is its sender's word. Both are None until the file is stored."""

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
    """A file that a channel announced: by an id to ask its address with, or by the address."""

    id: UUID
    kind: MediaKind
    provider_id: str | None
    url: str | None
    file_name: str | None
    mime_type: str | None
    """What the channel says; kept until the bytes say better."""
    sha256: str | None


class Task(msgspec.Struct, frozen=True):
    """Taken by one worker until its lease ends."""

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
    """A task as JSON: what of it cannot be read spoils no other."""

    organization_id: UUID
    media_id: UUID
    row: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored file has shown itself to be."""

    mime_type: str
    size_bytes: int
    sha256: str


class MediaLink(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is readable by whoever has it until `expires_at`; both are None while there is nothing to read."""

    id: UUID
    kind: MediaKind
    status: str
    failure: Failure | None = None
    mime_type: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    url: str | None = None
    expires_at: datetime | None = None
