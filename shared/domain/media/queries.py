"""All SQL of this room; row level security narrows a caller's statements, the service names the organization."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import json_text
from shared.runtime.postgres.transaction import Tx

from .models import ClaimedTask, Expected, Failure, MediaFile, MediaKind, StoredFile, Task


def insert_expected(tx: Tx, *, organization_id: UUID, channel_id: UUID, files: Sequence[Expected]) -> None:
    """Insert files and their fetch tasks, together with the next statement or the commit."""
    sql = """
        WITH announced AS (
            SELECT file.*
            FROM jsonb_to_recordset(%(files)s::jsonb) AS file (
                id uuid, kind text, provider_id text, url text, file_name text, mime_type text, sha256 text
            )
        ), added AS (
            INSERT INTO media (id, organization_id, origin, kind, status, mime_type, file_name)
            SELECT id, %(organization_id)s, 'channel', kind, 'waiting', mime_type, file_name
            FROM announced
        )
        INSERT INTO media_tasks (organization_id, media_id, task, channel_id, provider_id, url, sha256)
        SELECT %(organization_id)s, id, 'fetch', %(channel_id)s, provider_id, url, sha256
        FROM announced
    """
    tx.defer(sql, organization_id=organization_id, channel_id=channel_id, files=json_text(files))


async def find_media(tx: Tx, *, media_id: UUID) -> MediaFile | None:
    sql = """
        SELECT id, organization_id, kind, status, failure, mime_type, file_name, size_bytes, sha256, created_at
        FROM media
        WHERE id = %(media_id)s
    """
    return await tx.find(MediaFile, sql, media_id=media_id)


async def insert_upload(
    tx: Tx, *, media_id: UUID, kind: MediaKind, file_name: str | None, stored: StoredFile
) -> MediaFile:
    sql = """
        SELECT id, organization_id, kind, status, failure, mime_type, file_name, size_bytes, sha256, created_at
        FROM app.keep_upload(
            %(media_id)s, %(kind)s, %(mime_type)s, %(file_name)s, %(size_bytes)s::bigint, %(sha256)s
        )
    """
    return await tx.one(
        MediaFile,
        sql,
        media_id=media_id,
        kind=kind,
        file_name=file_name,
        mime_type=stored.mime_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
    )


async def claim_task(tx: Tx, *, spared: Sequence[UUID], lease_s: int) -> ClaimedTask | None:
    """Claim the oldest due task of an organization that is not in `spared`; the attempt is counted at once.

    A task that nobody finishes is due again after the lease, then after twice the time, and so on up to a day.
    """
    sql = """
        WITH due AS (
            SELECT task.organization_id, task.media_id
            FROM media_tasks AS task
            WHERE task.available_at <= now() AND task.organization_id <> ALL(%(spared)s::uuid[])
            ORDER BY task.available_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE media_tasks AS task
            SET attempts = task.attempts + 1, available_at = now() + make_interval(
                secs => %(lease_s)s * least(power(2, least(task.attempts, 10)), 288))
            FROM due, media
            WHERE task.organization_id = due.organization_id AND task.media_id = due.media_id
                AND media.organization_id = due.organization_id AND media.id = due.media_id
            RETURNING task.organization_id, task.media_id, task.task, media.kind, media.mime_type, media.file_name,
                task.channel_id, task.provider_id, task.url, task.sha256, task.attempts
        )
        SELECT organization_id, media_id, to_json(claimed) AS row FROM claimed
    """
    return await tx.find(ClaimedTask, sql, spared=list(spared), lease_s=lease_s)


async def update_stored(tx: Tx, *, task: Task, stored: StoredFile) -> int:
    """Record the stored file; return 0 if it was deleted meanwhile."""
    sql = """
        UPDATE media
        SET status = 'stored', mime_type = %(mime_type)s, size_bytes = %(size_bytes)s, sha256 = %(sha256)s
        WHERE organization_id = %(organization_id)s AND id = %(media_id)s AND status = 'waiting'
    """
    return await tx.run(
        sql,
        organization_id=task.organization_id,
        media_id=task.media_id,
        mime_type=stored.mime_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
    )


async def update_failed(tx: Tx, *, task: Task, failure: Failure) -> int:
    sql = """
        UPDATE media
        SET status = 'failed', failure = %(failure)s
        WHERE organization_id = %(organization_id)s AND id = %(media_id)s AND status = 'waiting'
    """
    return await tx.run(sql, organization_id=task.organization_id, media_id=task.media_id, failure=failure)


async def delete_task(tx: Tx, *, task: Task) -> int:
    """Delete the task; return 0 if it became another task meanwhile, which stays."""
    sql = """
        DELETE FROM media_tasks
        WHERE organization_id = %(organization_id)s AND media_id = %(media_id)s AND task = %(task)s
    """
    return await tx.run(sql, organization_id=task.organization_id, media_id=task.media_id, task=task.task)


async def update_task_later(tx: Tx, *, task: Task, delay_s: float, fault: str) -> int:
    sql = """
        UPDATE media_tasks
        SET available_at = now() + make_interval(secs => %(delay_s)s), last_error = left(%(fault)s, 500)
        WHERE organization_id = %(organization_id)s AND media_id = %(media_id)s AND task = %(task)s
    """
    return await tx.run(
        sql,
        organization_id=task.organization_id,
        media_id=task.media_id,
        task=task.task,
        delay_s=delay_s,
        fault=fault,
    )


async def update_deleted(tx: Tx, *, organization_id: UUID, media_ids: Sequence[UUID]) -> int:
    """Mark files as deleted, and replace their tasks by the erasure of their bytes."""
    sql = """
        WITH gone AS (
            UPDATE media
            SET status = 'deleted', failure = NULL, file_name = NULL, mime_type = NULL, size_bytes = NULL, sha256 = NULL
            WHERE organization_id = %(organization_id)s AND id = ANY(%(media_ids)s) AND status <> 'deleted'
            RETURNING organization_id, id
        )
        INSERT INTO media_tasks (organization_id, media_id, task)
        SELECT organization_id, id, 'erase'
        FROM gone
        ON CONFLICT (organization_id, media_id) DO UPDATE
        SET task = 'erase', provider_id = NULL, url = NULL, sha256 = NULL, attempts = 0, available_at = now()
    """
    return await tx.run(sql, organization_id=organization_id, media_ids=list(media_ids))


class _Deleted(msgspec.Struct, frozen=True):
    count: int


async def delete_never_shown(tx: Tx) -> int:
    """Delete files that no message shows: a channel's after a day, uploaded ones after 30 days."""
    return (await tx.one(_Deleted, "SELECT app.forget_media(500) AS count")).count
