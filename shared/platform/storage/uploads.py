"""Putting bytes under a name: who may is asked before they come, and again in the transaction that shows them."""

from datetime import datetime
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID, uuid4

import msgspec

from shared.kernel.clock import utc_now
from shared.kernel.content_types import UNKNOWN
from shared.runtime.blobs import Blobs
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries
from .blobs import new_version
from .buckets import any_bucket
from .callers import caller_tx, rehearsal_tx
from .errors import EntityTooLarge, KeyAlreadyExists, in_storage_terms
from .models import Bucket, Caller, Content, Target
from .names import PLACEHOLDER, check_mime_type, checked_bucket, checked_name


class Received(NamedTuple):
    """A body that has come: its bytes, and what was said of them."""

    file: BinaryIO
    size: int
    md5: str
    mime_type: str
    cache_control: str
    user_metadata: dict[str, Any] | None


class Room(NamedTuple):
    """What the place of an upload takes."""

    most_bytes: int
    mime_types: list[str] | None

    def check_mime_type(self, mime_type: str) -> None:
        """Raises: InvalidMimeType."""
        check_mime_type(mime_type, self.mime_types)

    def check(self, metadata: dict[str, Any] | None) -> None:
        """Of an object that is there already, by what its row says.

        Raises:
            InvalidMimeType, EntityTooLarge.
        """
        told_of = metadata or {}
        if int(told_of.get("size") or 0) > self.most_bytes:
            raise EntityTooLarge
        self.check_mime_type(str(told_of.get("mimetype") or UNKNOWN))


async def prepare(caller: Caller, target: Target) -> Room:
    """What may be put there, once it is clear that the caller may put something there.

    Raises:
        InvalidBucketName, InvalidKey, NoSuchBucket, AccessDenied.
        KeyAlreadyExists: something is there, and is not to be replaced.
    """
    room = await room_at(target, request_id=caller.request_id)
    await rehearse(caller, target)
    return room


async def room_at(target: Target, *, request_id: str) -> Room:
    """What that place takes, whoever puts it there.

    Raises:
        InvalidBucketName, InvalidKey, NoSuchBucket.
    """
    checked_name(target.name)
    return _room(await any_bucket(checked_bucket(target.bucket_id), request_id=request_id), target.name)


async def rehearse(caller: Caller, target: Target) -> None:
    """Whether the caller may put something there now; nothing is.

    Raises:
        AccessDenied, KeyAlreadyExists, RelatedResourceNotFound.
    """
    with in_storage_terms(KeyAlreadyExists):
        async with rehearsal_tx(caller) as tx:
            await _write(tx, target, version=str(uuid4()), metadata=None, user_metadata=None)


async def keep(caller: Caller, target: Target, received: Received) -> UUID:
    """The object's id, once its bytes and its row are there. Until then the object is what it was.

    Raises:
        AccessDenied, KeyAlreadyExists: what has changed since `prepare`.
        Unavailable: the blob store does not take the bytes now.
    """

    async def put(store: Blobs, key: str) -> None:
        await store.put(key, received.file, content_type=received.mime_type)

    metadata = content(received, last_modified=utc_now())
    async with new_version(caller.request_id, put) as version:
        return await write_row(caller, target, version=version, metadata=metadata, user_metadata=received.user_metadata)


async def write_row(
    caller: Caller,
    target: Target,
    *,
    version: str,
    metadata: dict[str, Any] | None,
    user_metadata: dict[str, Any] | None,
) -> UUID:
    """The id of the object that names the version from now on.

    Raises:
        AccessDenied, KeyAlreadyExists.
        AddressUsed: by another upload since `prepare`.
    """
    with in_storage_terms(KeyAlreadyExists):
        async with caller_tx(caller) as tx:
            return await _write(tx, target, version=version, metadata=metadata, user_metadata=user_metadata)


def content(received: Received, *, last_modified: datetime) -> dict[str, Any]:
    told_of = Content(
        e_tag=f'"{received.md5}"',
        size=received.size,
        mimetype=received.mime_type,
        cache_control=received.cache_control,
        last_modified=last_modified,
        content_length=received.size,
    )
    found: dict[str, Any] = msgspec.to_builtins(told_of)
    return found


async def _write(
    tx: Tx,
    target: Target,
    *,
    version: str,
    metadata: dict[str, Any] | None,
    user_metadata: dict[str, Any] | None,
) -> UUID:
    if target.link:
        queries.spend_link(tx, link=target.link)
    if target.is_upsert:
        written = await queries.upsert_object(
            tx, target=target, version=version, metadata=metadata, user_metadata=user_metadata
        )
        return written.id
    made = uuid4()
    await queries.insert_object(
        tx, target=target, object_id=made, version=version, metadata=metadata, user_metadata=user_metadata
    )
    return made


def _room(bucket: Bucket, name: str) -> Room:
    if name.endswith(PLACEHOLDER):
        return Room(0, None)
    most_bytes = settings().storage_max_file_bytes
    if bucket.file_size_limit is not None:
        most_bytes = min(most_bytes, bucket.file_size_limit)
    return Room(most_bytes, bucket.allowed_mime_types)
