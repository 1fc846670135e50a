"""All SQL of this room: the outbox, and work that was set aside."""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx


class _Count(msgspec.Struct, frozen=True):
    count: int


class SetAside(NamedTuple):
    organization_id: UUID
    queue: str
    subject: str
    error_code: str
    fault: str
    inbox_id: int | None


class DuePiece(msgspec.Struct, frozen=True):
    """A piece of a webhook body that is due again."""

    organization_id: UUID
    subject: str
    inbox_id: int


def enqueue_for(tx: Tx, *, organization_id: UUID, topic: str, payload: dict[str, Any]) -> None:
    """Add an event to the outbox, as the service; the statement is sent with the next one or with the commit."""
    sql = """
        INSERT INTO outbox (organization_id, topic, payload, request_id)
        VALUES (%(organization_id)s, %(topic)s, %(payload)s::jsonb, app.request_id())
    """
    tx.defer(sql, organization_id=organization_id, topic=topic, payload=json_text(payload))


async def upsert_set_aside(tx: Tx, *, row: SetAside, again: bool) -> None:
    """Set the row aside, as the service; it is tried again after a minute, four, sixteen and so on, up to a day."""
    sql = """
        INSERT INTO set_aside AS aside
            (organization_id, queue, subject, error_code, fault, inbox_id, next_attempt_at)
        VALUES (%(organization_id)s, %(queue)s, %(subject)s, %(error_code)s, %(fault)s, %(inbox_id)s::bigint,
            CASE WHEN %(again)s THEN now() + interval '1 minute' END)
        ON CONFLICT ON CONSTRAINT set_aside_subject_key DO UPDATE
        SET error_code = excluded.error_code, fault = excluded.fault, attempts = aside.attempts + 1, updated_at = now(),
            inbox_id = coalesce(excluded.inbox_id, aside.inbox_id),
            next_attempt_at = CASE WHEN %(again)s
                THEN now() + make_interval(mins => least(power(4, least(aside.attempts, 6)), 1440)::integer) END
    """
    await tx.run(sql, again=again, **row._asdict())


_CLAIM_SET_ASIDE = Query(
    """
    UPDATE set_aside AS aside
    SET attempts = aside.attempts + 1, updated_at = now(),
        next_attempt_at = now() + make_interval(mins => least(power(4, least(aside.attempts, 6)), 1440)::integer)
    FROM (
        SELECT id
        FROM set_aside
        WHERE queue = %(queue)s AND inbox_id IS NOT NULL AND next_attempt_at <= now()
        ORDER BY next_attempt_at
        LIMIT {limit}
        FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE aside.id = due.id
    RETURNING aside.organization_id, aside.subject, aside.inbox_id
    """,
    limits=["limit"],
)


async def claim_set_aside(tx: Tx, *, queue: str, limit: int) -> list[DuePiece]:
    """Claim pieces of a webhook body that are due again; the attempt is counted at once."""
    return await tx.all(DuePiece, _CLAIM_SET_ASIDE, queue=queue, limit=limit)


async def update_set_aside(
    tx: Tx, *, organization_id: UUID, queue: str, subject: str, error_code: str, fault: str
) -> None:
    """Record why another attempt failed; the claim has counted it."""
    sql = """
        UPDATE set_aside
        SET error_code = %(error_code)s, fault = %(fault)s
        WHERE organization_id = %(organization_id)s AND queue = %(queue)s AND subject = %(subject)s
    """
    await tx.run(sql, organization_id=organization_id, queue=queue, subject=subject, error_code=error_code, fault=fault)


async def delete_set_aside(tx: Tx, *, organization_id: UUID, queue: str, subject: str) -> int:
    sql = """
        DELETE FROM set_aside
        WHERE organization_id = %(organization_id)s AND queue = %(queue)s AND subject = %(subject)s
    """
    return await tx.run(sql, organization_id=organization_id, queue=queue, subject=subject)


async def retry_set_aside(tx: Tx, *, organization_id: UUID | None, queue: str | None) -> int:
    sql = "SELECT app.retry_set_aside(%(organization_id)s::uuid, %(queue)s::text) AS count"
    return (await tx.one(_Count, sql, organization_id=organization_id, queue=queue)).count


async def delete_old_outbox(tx: Tx) -> int:
    """Delete events that are older than a week, by organization, because that index has the order of time."""
    sql = """
        DELETE FROM outbox
        WHERE ctid IN (
            SELECT old.ctid
            FROM organizations
            CROSS JOIN LATERAL (
                SELECT ctid FROM outbox AS news
                WHERE news.organization_id = organizations.id AND news.created_at < now() - interval '7 days'
                LIMIT 5000
            ) AS old
            LIMIT 5000
        )
    """
    return await tx.run(sql)


async def delete_old_set_aside(tx: Tx) -> int:
    """Delete work that was set aside 30 days ago."""
    sql = """
        DELETE FROM set_aside
        WHERE ctid IN (SELECT ctid FROM set_aside WHERE created_at < now() - interval '30 days' LIMIT 5000)
    """
    return await tx.run(sql)
