"""The routes of buckets."""

from shared.platform.storage import buckets
from shared.platform.storage.models import Bucket

from .access import StorageContext
from .bodies import BucketChanges, BucketsQuery, NewBucket


async def create_bucket(context: StorageContext, *, body: NewBucket) -> dict[str, str]:
    """Create a bucket."""
    await buckets.create_bucket(
        context.caller,
        name=body.name,
        bucket_id=body.id,
        public=body.public,
        file_size_limit=body.file_size_limit,
        allowed_mime_types=body.allowed_mime_types,
    )
    return {"name": body.name}


async def list_buckets(context: StorageContext, *, query: BucketsQuery) -> list[Bucket]:
    """List the buckets that the caller may see."""
    return await buckets.list_buckets(
        context.caller,
        search=query.search,
        sort_by=query.sort_column,
        descending=query.sort_order == "desc",
        limit=query.limit,
        offset=query.offset,
    )


async def get_bucket(context: StorageContext, *, bucket: str) -> Bucket:
    """Get a bucket."""
    return await buckets.get_bucket(context.caller, bucket_id=bucket)


async def update_bucket(context: StorageContext, *, bucket: str, body: BucketChanges) -> dict[str, str]:
    """Change who may read a bucket and which files it accepts."""
    given = body.model_dump(exclude_unset=True)
    await buckets.update_bucket(context.caller, bucket_id=bucket, changes=given)
    return {"message": "Successfully updated"}


async def delete_bucket(context: StorageContext, *, bucket: str) -> dict[str, str]:
    """Delete an empty bucket."""
    await buckets.delete_bucket(context.caller, bucket_id=bucket)
    return {"message": "Successfully deleted"}


async def empty_bucket(context: StorageContext, *, bucket: str) -> dict[str, str]:
    """Delete every object of a bucket that the caller may delete."""
    await buckets.empty_bucket(context.caller, bucket_id=bucket)
    return {"message": "Empty bucket has been queued. Completion may take up to an hour."}
