"""All SQL of this room; the policies of storage.buckets and storage.objects restrict a caller's statements."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import Bucket, Entry, FolderSearch, Link, Order, PagedEntry, PrefixSearch, StoredObject, Target

_FOLDER = Query(
    """
    WITH below AS (
        SELECT substr(name, length(%(folder)s::text) + 1) AS rest, id, updated_at, created_at, last_accessed_at,
            metadata
        FROM storage.objects
        WHERE bucket_id = %(bucket_id)s AND name COLLATE "C" >= %(folder)s AND {before}
    ), entries AS (
        SELECT DISTINCT split_part(rest, '/', 1) AS name, NULL::uuid AS id, NULL::timestamptz AS updated_at,
            NULL::timestamptz AS created_at, NULL::timestamptz AS last_accessed_at, NULL::jsonb AS metadata
        FROM below
        WHERE strpos(rest, '/') > 0
        UNION ALL
        SELECT rest, id, updated_at, created_at, last_accessed_at, metadata
        FROM below
        WHERE strpos(rest, '/') = 0 AND rest <> ''
    ), sorted AS (
        SELECT entries.*, CASE %(sort_by)s::text
            WHEN 'updated_at' THEN updated_at
            WHEN 'created_at' THEN created_at
            WHEN 'last_accessed_at' THEN last_accessed_at
        END AS at
        FROM entries
        WHERE starts_with(lower(name), lower(%(search)s::text))
    )
    SELECT name, id, updated_at, created_at, last_accessed_at, metadata
    FROM sorted
    ORDER BY
        %(sort_by)s <> 'name' AND id IS NOT NULL,
        CASE WHEN NOT %(descending)s::boolean THEN at END,
        CASE WHEN %(descending)s THEN at END DESC,
        CASE WHEN NOT %(descending)s THEN lower(name) COLLATE "C" END,
        CASE WHEN %(descending)s THEN lower(name) COLLATE "C" END DESC,
        name COLLATE "C"
    LIMIT {limit} OFFSET %(offset)s
    """,
    where={"before": 'name COLLATE "C" < %(before)s'},
    limits=["limit"],
)
"""The entries right below a folder: objects, and every folder in it once."""
_PAGE = Query(
    """
    WITH below AS (
        SELECT name, strpos(substr(name, length(%(prefix)s::text) + 1), '/') AS slash, id, updated_at, created_at,
            last_accessed_at, metadata
        FROM storage.objects
        WHERE bucket_id = %(bucket_id)s AND name COLLATE "C" >= %(low)s::text AND {before}
    ), entries AS (
        SELECT left(name, length(%(prefix)s) + slash) AS name, NULL::uuid AS id, min(created_at) AS updated_at,
            min(created_at) AS created_at, NULL::timestamptz AS last_accessed_at, NULL::jsonb AS metadata
        FROM below
        WHERE %(with_folders)s::boolean AND slash > 0
        GROUP BY 1
        UNION ALL
        SELECT name, id, updated_at, created_at, last_accessed_at, metadata
        FROM below
        WHERE NOT %(with_folders)s OR slash = 0
    ), sorted AS (
        SELECT entries.*, CASE %(sort_by)s::text
            WHEN 'updated_at' THEN updated_at
            WHEN 'created_at' THEN created_at
            ELSE 'epoch'
        END AS at
        FROM entries
    )
    SELECT name, id, updated_at, created_at, last_accessed_at, metadata, at
    FROM sorted
    WHERE {after_name}
    ORDER BY
        CASE WHEN NOT %(descending)s THEN at END,
        CASE WHEN NOT %(descending)s THEN name COLLATE "C" END,
        CASE WHEN %(descending)s THEN at END DESC,
        CASE WHEN %(descending)s THEN name COLLATE "C" END DESC
    LIMIT {limit}
    """,
    where={
        "before": 'name COLLATE "C" < %(before)s',
        "after_name": """
            CASE WHEN %(descending)s::boolean
                THEN (at, name COLLATE "C") < (%(after_at)s::timestamptz, %(after_name)s)
                ELSE (at, name COLLATE "C") > (%(after_at)s::timestamptz, %(after_name)s)
            END
        """,
    },
    limits=["limit"],
)
"""The entries with a prefix; a folder has the age of its oldest object."""


class DueBlob(msgspec.Struct, frozen=True):
    version: str
    attempts: int


class MovedObject(msgspec.Struct, frozen=True):
    id: UUID
    metadata: dict[str, Any] | None


class ObjectId(msgspec.Struct, frozen=True):
    id: UUID


class MaxDuration(msgspec.Struct, frozen=True):
    seconds: int


class ObjectName(msgspec.Struct, frozen=True):
    name: str


async def find_bucket(tx: Tx, *, bucket_id: str) -> Bucket | None:
    sql = """
        SELECT id, name, coalesce(owner_id, owner::text, '') AS owner, public, type, file_size_limit,
            allowed_mime_types, created_at, updated_at
        FROM storage.buckets
        WHERE id = %(bucket_id)s
    """
    return await tx.find(Bucket, sql, bucket_id=bucket_id)


_LIST_BUCKETS = Query(
    """
    SELECT id, name, coalesce(owner_id, owner::text, '') AS owner, public, type, file_size_limit,
        allowed_mime_types, created_at, updated_at
    FROM storage.buckets
    WHERE strpos(name, %(search)s::text) > 0
    ORDER BY
        CASE WHEN NOT %(descending)s::boolean AND %(sort_by)s = 'created_at' THEN created_at END,
        CASE WHEN %(descending)s AND %(sort_by)s = 'created_at' THEN created_at END DESC,
        CASE WHEN NOT %(descending)s AND %(sort_by)s = 'updated_at' THEN updated_at END,
        CASE WHEN %(descending)s AND %(sort_by)s = 'updated_at' THEN updated_at END DESC,
        CASE WHEN NOT %(descending)s THEN CASE %(sort_by)s::text WHEN 'id' THEN id ELSE name END END,
        CASE WHEN %(descending)s THEN CASE %(sort_by)s WHEN 'id' THEN id ELSE name END END DESC
    LIMIT {limit}::bigint OFFSET %(offset)s::bigint
    """,
    limits=["limit"],
)


async def list_buckets(
    tx: Tx, *, search: str, sort_by: str, descending: bool, limit: int | None, offset: int
) -> list[Bucket]:
    return await tx.all(
        Bucket, _LIST_BUCKETS, search=search, sort_by=sort_by, descending=descending, limit=limit, offset=offset
    )


async def insert_bucket(
    tx: Tx,
    *,
    bucket_id: str,
    name: str,
    owner: UUID | None,
    public: bool,
    file_size_limit: int | None,
    allowed_mime_types: list[str] | None,
) -> int:
    sql = """
        INSERT INTO storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
        VALUES (
            %(bucket_id)s, %(name)s, %(owner)s::uuid, %(owner)s::text, %(public)s, %(file_size_limit)s::bigint,
            %(allowed_mime_types)s::text[]
        )
    """
    return await tx.run(
        sql,
        bucket_id=bucket_id,
        name=name,
        owner=str(owner) if owner else None,
        public=public,
        file_size_limit=file_size_limit,
        allowed_mime_types=allowed_mime_types,
    )


async def update_bucket(tx: Tx, *, bucket_id: str, names: Sequence[str], values: dict[str, Any]) -> int:
    """Change those of public, file_size_limit and allowed_mime_types that are in `names`."""
    sql = """
        UPDATE storage.buckets
        SET public = CASE WHEN 'public' = ANY(%(names)s::text[]) THEN %(public)s::boolean ELSE public END,
            file_size_limit = CASE
                WHEN 'file_size_limit' = ANY(%(names)s) THEN %(file_size_limit)s::bigint ELSE file_size_limit
            END,
            allowed_mime_types = CASE
                WHEN 'allowed_mime_types' = ANY(%(names)s) THEN %(allowed_mime_types)s::text[] ELSE allowed_mime_types
            END
        WHERE id = %(bucket_id)s
    """
    return await tx.run(sql, bucket_id=bucket_id, names=list(names), **values)


async def delete_bucket(tx: Tx, *, bucket_id: str) -> int:
    sql = "DELETE FROM storage.buckets WHERE id = %(bucket_id)s"
    return await tx.run(sql, bucket_id=bucket_id)


async def find_object(tx: Tx, *, bucket_id: str, name: str) -> StoredObject | None:
    sql = """
        SELECT id, bucket_id, name, owner, owner_id, version, metadata, user_metadata,
            created_at, updated_at, last_accessed_at
        FROM storage.objects
        WHERE bucket_id = %(bucket_id)s AND name = %(name)s
    """
    return await tx.find(StoredObject, sql, bucket_id=bucket_id, name=name)


async def find_longest_address(tx: Tx) -> int:
    """Find the longest duration of the caller's addresses in seconds: a year, a week or an hour, by role."""
    sql = """
        SELECT CASE
          WHEN app.organization_with('manage') IS NOT NULL THEN 31536000
          WHEN app.organization_with('write') IS NOT NULL THEN 604800
          ELSE 3600
        END AS seconds
    """
    return (await tx.one(MaxDuration, sql)).seconds


async def list_names(tx: Tx, *, bucket_id: str, names: Sequence[str]) -> list[ObjectName]:
    """List those of the names whose objects the caller sees."""
    sql = """
        SELECT name
        FROM storage.objects
        WHERE bucket_id = %(bucket_id)s AND name = ANY(%(names)s)
    """
    return await tx.all(ObjectName, sql, bucket_id=bucket_id, names=list(names))


async def insert_object(
    tx: Tx,
    *,
    target: Target,
    object_id: UUID,
    version: str,
    metadata: dict[str, Any] | None,
    user_metadata: dict[str, Any] | None,
) -> int:
    """Insert the object without reading it, so that a policy for INSERT is enough."""
    sql = """
        INSERT INTO storage.objects (id, bucket_id, name, owner, owner_id, version, metadata, user_metadata)
        VALUES (
            %(object_id)s, %(bucket_id)s, %(name)s, %(owner)s::uuid, %(owner)s::text, %(version)s,
            %(metadata)s::jsonb, %(user_metadata)s::jsonb
        )
    """
    return await tx.run(
        sql, object_id=object_id, **_columns(target, version=version, metadata=metadata, user_metadata=user_metadata)
    )


def spend_link(tx: Tx, *, link: Link) -> None:
    """Announce the link to the trigger of the object's row, which refuses a link that was used before."""
    sql = "SELECT set_config('storage.link', %(link)s, true)"
    tx.defer(sql, link=f"{link.id} {int(link.expires_at.timestamp())}")


async def upsert_object(
    tx: Tx,
    *,
    target: Target,
    version: str,
    metadata: dict[str, Any] | None,
    user_metadata: dict[str, Any] | None,
) -> ObjectId:
    """Insert or replace the object; both need policies for INSERT, UPDATE and SELECT."""
    sql = """
        INSERT INTO storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
        VALUES (
            %(bucket_id)s, %(name)s, %(owner)s::uuid, %(owner)s::text, %(version)s,
            %(metadata)s::jsonb, %(user_metadata)s::jsonb
        )
        ON CONFLICT (bucket_id, name) DO UPDATE
        SET owner = excluded.owner, owner_id = excluded.owner_id, version = excluded.version,
            metadata = excluded.metadata, user_metadata = excluded.user_metadata
        RETURNING id
    """
    columns = _columns(target, version=version, metadata=metadata, user_metadata=user_metadata)
    return await tx.one(ObjectId, sql, **columns)


async def update_location(tx: Tx, *, bucket_id: str, name: str, target: Target) -> MovedObject | None:
    """Move the object, which becomes the caller's; return None if the caller has no such object."""
    sql = """
        UPDATE storage.objects
        SET bucket_id = %(to_bucket_id)s, name = %(to_name)s,
            owner = coalesce(%(owner)s::uuid, owner), owner_id = coalesce(%(owner)s::text, owner_id)
        WHERE bucket_id = %(bucket_id)s AND name = %(name)s
        RETURNING id, metadata
    """
    return await tx.find(
        MovedObject,
        sql,
        bucket_id=bucket_id,
        name=name,
        to_bucket_id=target.bucket_id,
        to_name=target.name,
        owner=str(target.owner) if target.owner else None,
    )


async def delete_objects(tx: Tx, *, bucket_id: str, names: Sequence[str]) -> list[StoredObject]:
    """Delete the objects; return those that the caller could delete."""
    sql = """
        DELETE FROM storage.objects
        WHERE bucket_id = %(bucket_id)s AND name = ANY(%(names)s)
        RETURNING id, bucket_id, name, owner, owner_id, version, metadata, user_metadata,
            created_at, updated_at, last_accessed_at
    """
    return await tx.all(StoredObject, sql, bucket_id=bucket_id, names=list(names))


_DELETE_SOME_OBJECTS = Query(
    """
    DELETE FROM storage.objects
    WHERE id IN (SELECT id FROM storage.objects WHERE bucket_id = %(bucket_id)s LIMIT {limit})
    """,
    limits=["limit"],
)


async def delete_some_objects(tx: Tx, *, bucket_id: str, limit: int) -> int:
    return await tx.run(_DELETE_SOME_OBJECTS, bucket_id=bucket_id, limit=limit)


async def find_any_object(tx: Tx, *, bucket_id: str) -> ObjectId | None:
    sql = "SELECT id FROM storage.objects WHERE bucket_id = %(bucket_id)s LIMIT 1"
    return await tx.find(ObjectId, sql, bucket_id=bucket_id)


async def list_folder(tx: Tx, *, query: FolderSearch, before: str | None) -> list[Entry]:
    """List a folder; `before` is the first name after all of the folder's."""
    return await tx.all(
        Entry,
        _FOLDER,
        bucket_id=query.bucket_id,
        folder=query.name,
        before=before,
        search=query.search,
        sort_by=query.order.sort_by,
        descending=query.order.descending,
        limit=query.limit,
        offset=query.offset,
    )


async def list_page(
    tx: Tx, *, query: PrefixSearch, before: str | None, after_name: str | None, after_at: str | None
) -> list[PagedEntry]:
    """List names with a prefix: `before` is the first name after them, `after_name` and `after_at` the last entry's."""
    by_name = query.order == Order()
    return await tx.all(
        PagedEntry,
        _PAGE,
        bucket_id=query.bucket_id,
        prefix=query.prefix,
        # In the order of names, the scan begins at the last entry.
        low=after_name if by_name and after_name else query.prefix,
        before=before,
        with_folders=query.with_folders,
        sort_by=query.order.sort_by,
        descending=query.order.descending,
        after_name=after_name,
        after_at=after_at,
        limit=query.limit,
    )


async def insert_blob_to_erase(tx: Tx, *, version: str, due_s: int) -> int:
    """Announce a version, which is erased when it is due, unless a row names it by then."""
    sql = """
        INSERT INTO storage.blobs_to_erase (version, due_at)
        VALUES (%(version)s, now() + make_interval(secs => %(due_s)s))
        ON CONFLICT (version) DO NOTHING
    """
    return await tx.run(sql, version=version, due_s=due_s)


async def update_blob_due(tx: Tx, *, version: str) -> int:
    """Make the version due now, because no row will name it."""
    sql = "UPDATE storage.blobs_to_erase SET due_at = now() WHERE version = %(version)s"
    return await tx.run(sql, version=version)


_CLAIM_BLOBS_TO_ERASE = Query(
    """
    UPDATE storage.blobs_to_erase
    SET attempts = attempts + 1, due_at = now() + make_interval(secs => %(lease_s)s)
    WHERE version IN (
        SELECT version
        FROM storage.blobs_to_erase
        WHERE due_at <= now()
        ORDER BY due_at
        LIMIT {limit}
        FOR UPDATE SKIP LOCKED
    )
    RETURNING version, attempts
    """,
    limits=["limit"],
)


async def claim_blobs_to_erase(tx: Tx, *, limit: int, lease_s: int) -> list[DueBlob]:
    """Claim due versions, the longest due first, without those of other workers."""
    return await tx.all(DueBlob, _CLAIM_BLOBS_TO_ERASE, limit=limit, lease_s=lease_s)


async def delete_blobs_to_erase(tx: Tx, *, versions: Sequence[str]) -> int:
    sql = "DELETE FROM storage.blobs_to_erase WHERE version = ANY(%(versions)s)"
    return await tx.run(sql, versions=list(versions))


async def update_blob_later(tx: Tx, *, blob: DueBlob, delay_s: float, fault: str) -> int:
    sql = """
        UPDATE storage.blobs_to_erase
        SET due_at = now() + make_interval(secs => %(delay_s)s), last_error = left(%(fault)s, 500)
        WHERE version = %(version)s
    """
    return await tx.run(sql, version=blob.version, delay_s=delay_s, fault=fault)


def _columns(
    target: Target, *, version: str, metadata: dict[str, Any] | None, user_metadata: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "bucket_id": target.bucket_id,
        "name": target.name,
        "owner": str(target.owner) if target.owner else None,
        "version": version,
        "metadata": _json(metadata),
        "user_metadata": _json(user_metadata),
    }


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json_text(value)
