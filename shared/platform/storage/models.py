"""Buckets, objects and lists of them, as clients see them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.tenancy.principal import Principal


class Caller(NamedTuple):
    """The principal of a request, and its organization's calls of the day."""

    principal: Principal
    request_id: str
    calls_today: int | None = None

    @property
    def owner(self) -> UUID | None:
        """The owner of the caller's new objects; None for the service, which owns nothing."""
        return self.principal.subject


class Bucket(msgspec.Struct, frozen=True):
    """`owner` is empty without an owner, because clients need a text."""

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
    """The `metadata` of an object, which describe its bytes."""

    e_tag: str
    size: int
    mimetype: str
    cache_control: str
    last_modified: datetime
    content_length: int
    http_status_code: int = 200


class Link(NamedTuple):
    """A signed address that works for one upload."""

    id: UUID
    expires_at: datetime


class Target(NamedTuple):
    """The target of an upload, whether it may replace an object, and the signed address that it spends."""

    bucket_id: str
    name: str
    owner: UUID | None
    is_upsert: bool
    link: Link | None = None

    @property
    def key(self) -> str:
        return f"{self.bucket_id}/{self.name}"


class Order(NamedTuple):
    """An order by the bytes of the name, or by a time."""

    sort_by: str = "name"
    descending: bool = False


class FolderSearch(NamedTuple):
    """A page of the entries right below a folder, whose name ends with a slash, that begin with `search`."""

    bucket_id: str
    name: str
    search: str
    order: Order
    limit: int
    offset: int


class PrefixSearch(NamedTuple):
    """A page of names with a prefix; `with_folders` lists all names below a further slash as one folder."""

    bucket_id: str
    prefix: str
    with_folders: bool
    order: Order
    limit: int
    cursor: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """An object of a folder, or a folder in it, which has only a name."""

    name: str
    id: UUID | None
    updated_at: datetime | None
    created_at: datetime | None
    last_accessed_at: datetime | None
    metadata: dict[str, Any] | None


class PagedEntry(msgspec.Struct, frozen=True):
    """An entry of a list by cursor; `at` is the time by which it is sorted, before the name."""

    name: str
    id: UUID | None
    updated_at: datetime
    created_at: datetime
    last_accessed_at: datetime | None
    metadata: dict[str, Any] | None
    at: datetime | None


class Page(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of a list; `next_cursor` is for the next page."""

    has_next: bool
    folders: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    next_cursor: str | None = None
    next_cursor_key: str | None = None


class SignedAddress(msgspec.Struct, frozen=True):
    """An address relative to /storage/v1; None and an error for an object that the caller cannot read."""

    error: str | None
    path: str
    signed_url: str | None = msgspec.field(name="signedURL")
