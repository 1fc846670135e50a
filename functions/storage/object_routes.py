"""The routes of objects."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from shared.edge import Call
from shared.platform.storage import lists, objects, uploads
from shared.platform.storage.buckets import any_bucket
from shared.platform.storage.errors import NoSuchBucket
from shared.platform.storage.models import Caller, Entry, FolderSearch, Order, Page, PrefixSearch, StoredObject, Target

from .access import StorageContext
from .bodies import Copy, Deletion, FolderQuery, Move, PageQuery, PageSortBy, ReadQuery, SortBy
from .download import Download, download
from .upload import header_metadata, read_upload


class Uploaded(msgspec.Struct, frozen=True):
    """`Key` is bucket and name."""

    id: UUID = msgspec.field(name="Id")
    key: str = msgspec.field(name="Key")


class Information(msgspec.Struct, frozen=True):
    """Details of an object; `metadata` comes from its uploader."""

    id: UUID
    name: str
    version: str | None
    bucket_id: str
    size: int | None
    content_type: str | None
    cache_control: str | None
    etag: str | None
    metadata: dict[str, Any] | None
    last_modified: Any
    created_at: Any


async def upload(context: StorageContext, *, bucket: str, name: str) -> Uploaded:
    """Upload an object; with the header x-upsert: true replace an existing one."""
    target = Target(bucket, name, context.caller.owner, is_upsert(context.call))
    return await put_up(context.call, context.caller, target)


async def replace(context: StorageContext, *, bucket: str, name: str) -> Uploaded:
    """Upload an object and replace an existing one."""
    return await put_up(context.call, context.caller, Target(bucket, name, context.caller.owner, is_upsert=True))


async def put_up(call: Call, caller: Caller, target: Target) -> Uploaded:
    """Store the request's body as an object."""
    limits = await uploads.prepare(caller, target)
    async with read_upload(call.request, limits) as body:
        return Uploaded(await uploads.store(caller, target, body), target.key)


async def read(context: StorageContext, *, bucket: str, name: str, query: ReadQuery) -> Response:
    """Read an object's bytes."""
    found = await _readable(context, bucket, name)
    return await download(context.call.request, found.object, Download(query.download, public=found.public))


async def read_public(call: Call, *, bucket: str, name: str, query: ReadQuery) -> Response:
    """Read the bytes of an object of a public bucket, as anybody."""
    return await download(call.request, await _public(call, bucket, name), Download(query.download, public=True))


async def inform(context: StorageContext, *, bucket: str, name: str) -> Information:
    """Get the details of an object."""
    return _information((await _readable(context, bucket, name)).object)


async def inform_public(call: Call, *, bucket: str, name: str) -> Information:
    """Get the details of an object of a public bucket, as anybody."""
    return _information(await _public(call, bucket, name))


async def delete(context: StorageContext, *, bucket: str, name: str) -> dict[str, str]:
    """Delete an object."""
    await objects.delete_object(context.caller, bucket_id=bucket, name=name)
    return {"message": "Successfully deleted"}


async def delete_many(context: StorageContext, *, bucket: str, body: Deletion) -> list[StoredObject]:
    """Delete objects by name; the answer lists the deleted ones."""
    return await objects.delete_objects(context.caller, bucket_id=bucket, names=body.prefixes)


async def list_folder(context: StorageContext, *, bucket: str, body: FolderQuery) -> list[Entry]:
    """List the content of a folder."""
    query = FolderSearch(bucket, body.prefix, body.search or "", _order(body.sort_by), body.limit, body.offset)
    return await lists.list_folder(context.caller, query)


async def list_page(context: StorageContext, *, bucket: str, body: PageQuery) -> Page:
    """List objects by the beginning of their name, in pages."""
    most = body.limit or lists.MOST_PER_PAGE
    query = PrefixSearch(bucket, body.prefix or "", body.with_delimiter, _order(body.sort_by), most, body.cursor)
    return await lists.list_page(context.caller, query)


async def move(context: StorageContext, *, body: Move) -> dict[str, Any]:
    """Move an object to another name or bucket."""
    target = Target(body.destination_bucket or body.bucket, body.destination, context.caller.owner, is_upsert=False)
    moved = await objects.move_object(context.caller, bucket_id=body.bucket, name=body.source, target=target)
    return {"message": "Successfully moved", "Id": moved, "Key": target.key}


async def copy(context: StorageContext, *, body: Copy) -> dict[str, Any]:
    """Copy an object with its metadata, unless others are given."""
    target = Target(
        body.destination_bucket or body.bucket, body.destination, context.caller.owner, is_upsert(context.call)
    )
    given = body.metadata.model_dump(by_alias=True, exclude_none=True) if body.metadata else {}
    copied = await objects.copy_object(
        context.caller,
        bucket_id=body.bucket,
        name=body.source,
        target=target,
        metadata=None if body.copy_metadata else given,
        user_metadata=None if body.copy_metadata else header_metadata(context.call.request) or {},
    )
    return {"Id": copied.id, "Key": target.key, **msgspec.structs.asdict(copied)}


def _order(given: SortBy | PageSortBy | None) -> Order:
    return Order(given.column, given.order == "desc") if given else Order()


def is_upsert(call: Call) -> bool:
    return call.request.headers.get("x-upsert", "").lower() == "true"


async def _readable(context: StorageContext, bucket: str, name: str) -> objects.ReadableObject:
    return await objects.find_readable(context.known, bucket_id=bucket, name=name, request_id=context.call.request_id)


async def _public(call: Call, bucket: str, name: str) -> StoredObject:
    if not (await any_bucket(bucket, request_id=call.request_id)).public:
        raise NoSuchBucket
    return await objects.find_any(bucket_id=bucket, name=name, request_id=call.request_id)


def _information(found: StoredObject) -> Information:
    metadata = found.metadata or {}
    return Information(
        id=found.id,
        name=found.name,
        version=found.version,
        bucket_id=found.bucket_id,
        size=metadata.get("size"),
        content_type=metadata.get("mimetype"),
        cache_control=metadata.get("cacheControl"),
        etag=metadata.get("eTag"),
        metadata=found.user_metadata,
        last_modified=found.updated_at,
        created_at=found.created_at,
    )
