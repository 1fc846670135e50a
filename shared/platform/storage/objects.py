"""Actions on objects under the caller's policies: find, move, copy, delete."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.kernel.clock import utc_now
from shared.kernel.errors import NotFound
from shared.runtime.blobs import Blobs
from shared.tenancy.transactions import service_tx

from . import queries
from .blobs import blob_key, new_version
from .buckets import any_bucket
from .callers import caller_tx
from .errors import KeyAlreadyExists, NoSuchBucket, NoSuchKey, RelatedResourceNotFound, in_storage_terms
from .models import Caller, StoredObject, Target
from .names import checked_bucket, checked_name
from .uploads import UploadLimits, limits_of, rehearse, write_row


class ReadableObject(NamedTuple):
    """An object, and whether its bucket is public."""

    object: StoredObject
    public: bool


async def find_readable(caller: Caller | None, *, bucket_id: str, name: str, request_id: str) -> ReadableObject:
    """Find an object of a public bucket, or one that the caller may see; without a caller, only the former.

    Raises:
        NoSuchBucket, NoSuchKey, InvalidBucketName, InvalidObjectKey.
    """
    checked_name(name)
    bucket = await any_bucket(checked_bucket(bucket_id), request_id=request_id)
    if bucket.public:
        return ReadableObject(await find_any(bucket_id=bucket_id, name=name, request_id=request_id), public=True)
    if caller is None:
        raise NoSuchBucket
    return ReadableObject(await find_object(caller, bucket_id=bucket_id, name=name), public=False)


async def find_any(*, bucket_id: str, name: str, request_id: str) -> StoredObject:
    """Find the object without a check of rights: for public buckets and signed addresses.

    Raises:
        NoSuchKey.
    """
    async with service_tx(request_id=request_id, read_only=True) as tx:
        return _found(await queries.find_object(tx, bucket_id=bucket_id, name=name))


async def find_object(caller: Caller, *, bucket_id: str, name: str) -> StoredObject:
    """Find an object that the caller may see.

    Raises:
        NoSuchKey.
    """
    async with caller_tx(caller, read_only=True) as tx:
        return _found(await queries.find_object(tx, bucket_id=bucket_id, name=name))


async def delete_objects(caller: Caller, *, bucket_id: str, names: Sequence[str]) -> list[StoredObject]:
    """Delete the named objects that exist and that the caller may delete; return these."""
    async with caller_tx(caller) as tx:
        return await queries.delete_objects(tx, bucket_id=bucket_id, names=names)


async def delete_object(caller: Caller, *, bucket_id: str, name: str) -> None:
    """Delete the object.

    Raises:
        NoSuchKey: there is none that the caller may delete.
    """
    if not await delete_objects(caller, bucket_id=bucket_id, names=[name]):
        raise NoSuchKey


async def move_object(caller: Caller, *, bucket_id: str, name: str, target: Target) -> UUID:
    """Move the object to another name or bucket, without its bytes; return its id.

    Raises:
        NoSuchKey, KeyAlreadyExists, AccessDenied, InvalidObjectKey, InvalidBucketName.
        RelatedResourceNotFound: there is no such bucket to move it to.
        InvalidMimeType, EntityTooLarge: the other bucket does not accept it.
    """
    _check(target)
    limits = None if target.bucket_id == bucket_id else await _limits(caller, target)
    with in_storage_terms(KeyAlreadyExists):
        async with caller_tx(caller) as tx:
            moved = await queries.update_location(tx, bucket_id=bucket_id, name=name, target=target)
            if moved is None:
                raise NoSuchKey
            if limits is not None:
                limits.check(moved.metadata)
    return moved.id


async def copy_object(
    caller: Caller,
    *,
    bucket_id: str,
    name: str,
    target: Target,
    metadata: dict[str, Any] | None = None,
    user_metadata: dict[str, Any] | None = None,
) -> StoredObject:
    """Copy the object; `metadata` is merged into the source's, `user_metadata` replaces the source's.

    Raises:
        NoSuchKey, KeyAlreadyExists, AccessDenied, InvalidObjectKey, InvalidBucketName, RelatedResourceNotFound.
        InvalidMimeType, EntityTooLarge: the bucket does not accept the copy with its metadata.
    """
    _check(target)
    source = await find_object(caller, bucket_id=bucket_id, name=name)
    limits = await _limits(caller, target)
    changed = {**(source.metadata or {}), **(metadata or {}), "lastModified": utc_now().isoformat()}
    limits.check(changed)
    await rehearse(caller, target)

    async def copy(store: Blobs, key: str) -> None:
        try:
            await store.copy(blob_key(source.version), key)
        except NotFound as absent:
            raise NoSuchKey from absent

    user_metadata = source.user_metadata if user_metadata is None else user_metadata
    async with new_version(caller.request_id, copy) as version:
        new_id = await write_row(caller, target, version=version, metadata=changed, user_metadata=user_metadata)
    now = utc_now()
    return msgspec.structs.replace(
        source,
        id=new_id,
        bucket_id=target.bucket_id,
        name=target.name,
        owner=target.owner,
        owner_id=str(target.owner) if target.owner else None,
        version=version,
        metadata=changed,
        user_metadata=user_metadata,
        created_at=now,
        updated_at=now,
    )


def _check(target: Target) -> None:
    checked_bucket(target.bucket_id)
    checked_name(target.name)


async def _limits(caller: Caller, target: Target) -> UploadLimits:
    try:
        return await limits_of(target, request_id=caller.request_id)
    except NoSuchBucket as absent:
        raise RelatedResourceNotFound from absent


def _found(found: StoredObject | None) -> StoredObject:
    if found is None:
        raise NoSuchKey
    return found
