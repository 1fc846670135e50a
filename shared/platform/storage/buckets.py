"""Actions on buckets."""

from typing import Any

from shared.runtime.postgres.errors import InvalidReference
from shared.tenancy.transactions import service_tx

from . import queries
from .callers import caller_tx
from .errors import AccessDenied, BucketAlreadyExists, NoSuchBucket, ResourceNotEmpty, TooManyToEmpty, in_storage_terms
from .models import Bucket, Caller
from .names import checked_bucket, checked_mime_types, size_limit

_EMPTIED_AT_ONCE = 1000
_MOST_EMPTIED = 100_000


async def create_bucket(
    caller: Caller,
    *,
    name: str,
    bucket_id: str | None = None,
    public: bool = False,
    file_size_limit: int | str | None = None,
    allowed_mime_types: list[str] | None = None,
) -> None:
    """Create a bucket; without `bucket_id`, its name is its id.

    Raises:
        InvalidBucketName, BucketAlreadyExists, AccessDenied, InvalidMimeType, EntityTooLarge.
    """
    checked_bucket(name)
    new_id = checked_bucket(bucket_id or name)
    most_bytes, mime_types = size_limit(file_size_limit), checked_mime_types(allowed_mime_types)
    with in_storage_terms(BucketAlreadyExists):
        async with caller_tx(caller) as tx:
            await queries.insert_bucket(
                tx,
                bucket_id=new_id,
                name=name,
                owner=caller.owner,
                public=public,
                file_size_limit=most_bytes,
                allowed_mime_types=mime_types,
            )


async def list_buckets(
    caller: Caller,
    *,
    search: str = "",
    sort_by: str = "name",
    descending: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Bucket]:
    async with caller_tx(caller, read_only=True) as tx:
        return await queries.list_buckets(
            tx, search=search, sort_by=sort_by, descending=descending, limit=limit, offset=offset
        )


async def get_bucket(caller: Caller, *, bucket_id: str) -> Bucket:
    """Return the bucket.

    Raises:
        NoSuchBucket: there is none that the caller may see.
    """
    async with caller_tx(caller, read_only=True) as tx:
        return _found(await queries.find_bucket(tx, bucket_id=bucket_id))


async def any_bucket(bucket_id: str, *, request_id: str) -> Bucket:
    """Return the bucket for any caller, because its limits of objects are not secret.

    Raises:
        NoSuchBucket.
    """
    async with service_tx(request_id=request_id, read_only=True) as tx:
        return _found(await queries.find_bucket(tx, bucket_id=bucket_id))


async def update_bucket(caller: Caller, *, bucket_id: str, changes: dict[str, Any]) -> None:
    """Change public, file_size_limit or allowed_mime_types, as far as `changes` has them; None removes a limit.

    Raises:
        NoSuchBucket, AccessDenied, InvalidMimeType, EntityTooLarge.
    """
    values = {
        "public": bool(changes.get("public")),
        "file_size_limit": size_limit(changes.get("file_size_limit")),
        "allowed_mime_types": checked_mime_types(changes.get("allowed_mime_types")),
    }
    with in_storage_terms(BucketAlreadyExists):
        async with caller_tx(caller) as tx:
            if not await queries.update_bucket(tx, bucket_id=bucket_id, names=list(changes), values=values):
                raise NoSuchBucket


async def delete_bucket(caller: Caller, *, bucket_id: str) -> None:
    """Delete an empty bucket.

    Raises:
        NoSuchBucket, ResourceNotEmpty.
    """
    try:
        async with caller_tx(caller) as tx:
            if not await queries.delete_bucket(tx, bucket_id=bucket_id):
                raise NoSuchBucket
    except InvalidReference as reference:
        raise ResourceNotEmpty from reference


async def empty_bucket(caller: Caller, *, bucket_id: str) -> None:
    """Delete all objects of the bucket that the caller may delete.

    Raises:
        NoSuchBucket.
        AccessDenied: the caller sees objects without the right to delete them.
        TooManyToEmpty: a hundred thousand objects were deleted, and there are more.
    """
    await get_bucket(caller, bucket_id=bucket_id)
    for _ in range(_MOST_EMPTIED // _EMPTIED_AT_ONCE):
        async with caller_tx(caller) as tx:
            deleted = await queries.delete_some_objects(tx, bucket_id=bucket_id, limit=_EMPTIED_AT_ONCE)
            left = None if deleted else await queries.find_any_object(tx, bucket_id=bucket_id)
        if left is not None:
            raise AccessDenied("Cannot delete: you may have SELECT but not DELETE permissions")
        if not deleted:
            return
    raise TooManyToEmpty


def _found(bucket: Bucket | None) -> Bucket:
    if bucket is None:
        raise NoSuchBucket
    return bucket
