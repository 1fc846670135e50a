"""Uploads: the caller's rights are checked before the bytes arrive, and again in the transaction of the row."""

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


class ReceivedFile(NamedTuple):
    """A received body: its bytes, and the fields that describe them."""

    file: BinaryIO
    size: int
    md5: str
    mime_type: str
    cache_control: str
    user_metadata: dict[str, Any] | None


class UploadLimits(NamedTuple):
    """The limits at the target of an upload."""

    most_bytes: int
    mime_types: list[str] | None

    def check_mime_type(self, mime_type: str) -> None:
        """Check that the target accepts the type.

        Raises:
            InvalidMimeType.
        """
        check_mime_type(mime_type, self.mime_types)

    def check(self, metadata: dict[str, Any] | None) -> None:
        """Check an existing object by its metadata.

        Raises:
            InvalidMimeType, EntityTooLarge.
        """
        metadata = metadata or {}
        if int(metadata.get("size") or 0) > self.most_bytes:
            raise EntityTooLarge
        self.check_mime_type(str(metadata.get("mimetype") or UNKNOWN))


async def prepare(caller: Caller, target: Target) -> UploadLimits:
    """Check that the caller may upload there, and return the target's limits.

    Raises:
        InvalidBucketName, InvalidObjectKey, NoSuchBucket, AccessDenied.
        KeyAlreadyExists: an object is there, and must not be replaced.
    """
    limits = await limits_of(target, request_id=caller.request_id)
    await rehearse(caller, target)
    return limits


async def limits_of(target: Target, *, request_id: str) -> UploadLimits:
    """Return the target's limits, for any caller.

    Raises:
        InvalidBucketName, InvalidObjectKey, NoSuchBucket.
    """
    checked_name(target.name)
    return _limits(await any_bucket(checked_bucket(target.bucket_id), request_id=request_id), target.name)


async def rehearse(caller: Caller, target: Target) -> None:
    """Check that the caller may upload there now, by a write that is rolled back.

    Raises:
        AccessDenied, KeyAlreadyExists, RelatedResourceNotFound.
    """
    with in_storage_terms(KeyAlreadyExists):
        async with rehearsal_tx(caller) as tx:
            await _write(tx, target, version=str(uuid4()), metadata=None, user_metadata=None)


async def store(caller: Caller, target: Target, received: ReceivedFile) -> UUID:
    """Store the bytes and then the row, and return the object's id; until the end, the old object stays.

    Raises:
        AccessDenied, KeyAlreadyExists: because of a change since `prepare`.
        Unavailable: the blob store does not accept the bytes now.
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
    """Write the object's row with the new version; return its id.

    Raises:
        AccessDenied, KeyAlreadyExists.
        AddressUsed: by another upload since `prepare`.
    """
    with in_storage_terms(KeyAlreadyExists):
        async with caller_tx(caller) as tx:
            return await _write(tx, target, version=version, metadata=metadata, user_metadata=user_metadata)


def content(received: ReceivedFile, *, last_modified: datetime) -> dict[str, Any]:
    fields = Content(
        e_tag=f'"{received.md5}"',
        size=received.size,
        mimetype=received.mime_type,
        cache_control=received.cache_control,
        last_modified=last_modified,
        content_length=received.size,
    )
    metadata: dict[str, Any] = msgspec.to_builtins(fields)
    return metadata


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
    object_id = uuid4()
    await queries.insert_object(
        tx, target=target, object_id=object_id, version=version, metadata=metadata, user_metadata=user_metadata
    )
    return object_id


def _limits(bucket: Bucket, name: str) -> UploadLimits:
    if name.endswith(PLACEHOLDER):
        return UploadLimits(0, None)
    most_bytes = settings().storage_max_file_bytes
    if bucket.file_size_limit is not None:
        most_bytes = min(most_bytes, bucket.file_size_limit)
    return UploadLimits(most_bytes, bucket.allowed_mime_types)
