"""Buckets, objects and lists of them, as clients get them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.tenancy.principal import Principal


class Caller(NamedTuple):
    """Who asks, and what is known of them so far."""

    principal: Principal
    request_id: str
    calls_today: int | None = None

    @property
    def owner(self) -> UUID | None:
        """Whose an object is that the caller makes; the service owns nothing."""
        return self.principal.subject


class Bucket(msgspec.Struct, frozen=True):
    """`owner` is empty where nobody owns it, since clients insist on a text."""

    id: str
    name: str
    owner: str
    public: bool
    type: str
    file_size_limit: int | None
    allowed_mime_types: list[str] | None
    created_at: datetime
    updated_at: datetime


class StoredObject(msgspec.Struct, frozen=True):
    id: UUID
    bucket_id: str
    name: str
    owner: UUID | None
    owner_id: str | None
    version: str | None
    metadata: dict[str, Any] | None
    user_metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    last_accessed_at: datetime


class Content(msgspec.Struct, frozen=True, rename="camel"):
    """The bytes of an object, as `metadata` tells of them."""

    e_tag: str
    size: int
    mimetype: str
    cache_control: str
    last_modified: datetime
    content_length: int
    http_status_code: int = 200


class Link(NamedTuple):
    """A signed address that is spent by one upload."""

    id: UUID
    expires_at: datetime


class Target(NamedTuple):
    """Where an upload goes, whether it may replace what is there, and the signed address that it spends."""

    bucket_id: str
    name: str
    owner: UUID | None
    is_upsert: bool
    link: Link | None = None

    @property
    def key(self) -> str:
        return f"{self.bucket_id}/{self.name}"


class Order(NamedTuple):
    """By the bytes of the name, unless it is by a time."""

    sort_by: str = "name"
    descending: bool = False


class Folder(NamedTuple):
    """A part of what stands right below a folder, whose name ends with a slash, and begins with `search`."""

    bucket_id: str
    name: str
    search: str
    order: Order
    limit: int
    offset: int


class Beginning(NamedTuple):
    """A part of what begins with a prefix; `with_folders` makes one of what stands below a further slash."""

    bucket_id: str
    prefix: str
    with_folders: bool
    order: Order
    limit: int
    cursor: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """An object of a folder, or a folder in it, which is a name and nothing else."""

    name: str
    id: UUID | None
    updated_at: datetime | None
    created_at: datetime | None
    last_accessed_at: datetime | None
    metadata: dict[str, Any] | None


class PagedEntry(msgspec.Struct, frozen=True):
    """As `Entry`, of a list that goes on where the last page ended; `at` is what it is sorted by beside the name."""

    name: str
    id: UUID | None
    updated_at: datetime
    created_at: datetime
    last_accessed_at: datetime | None
    metadata: dict[str, Any] | None
    at: datetime | None


class Page(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`next_cursor` leads to the next page."""

    has_next: bool
    folders: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    next_cursor: str | None = None
    next_cursor_key: str | None = None


class SignedAddress(msgspec.Struct, frozen=True):
    """Relative to /storage/v1; None with an error for an object that the caller cannot read."""

    error: str | None
    path: str
    signed_url: str | None = msgspec.field(name="signedURL")
