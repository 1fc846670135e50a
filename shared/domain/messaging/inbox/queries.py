"""All SQL of this room, run as the service: a body names no tenant, a channel does."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import (
    ChannelFact,
    ChannelMessage,
    DoneBody,
    KeptBody,
    MessageFact,
    NewBody,
    ReceivedMessage,
    WaitingBody,
)


class _Fact(msgspec.Struct, frozen=True):
    message_id: UUID | None


class _Is(msgspec.Struct, frozen=True):
    is_so: bool


async def insert_bodies(tx: Tx, *, bodies: Sequence[NewBody]) -> None:
    """Insert bodies, without those that are stored already."""
    sql = """
        INSERT INTO webhook_inbox (source, body, body_hash, signed_with, request_id)
        SELECT given.source, given.body, sha256(given.body), given.signed_with, given.request_id
        FROM unnest(%(sources)s::text[], %(bodies)s::bytea[], %(signed_with)s::smallint[], %(request_ids)s::text[])
            AS given (source, body, signed_with, request_id)
        ON CONFLICT (source, body_hash) DO NOTHING
    """
    sources, raw, signed_with, request_ids = (list(column) for column in zip(*bodies, strict=True))
    await tx.run(sql, sources=sources, bodies=raw, signed_with=signed_with, request_ids=request_ids)


_CLAIM_BODIES = Query(
    """
    UPDATE webhook_inbox AS body
    SET attempts = 1, available_at = now() + make_interval(secs => %(lease_s)s)
    FROM (
        SELECT id
        FROM webhook_inbox
        WHERE processed_at IS NULL AND source = %(source)s AND attempts = 0
        ORDER BY id
        LIMIT {limit}
        FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE body.id = due.id
    RETURNING body.id, body.body, body.received_at, body.attempts
    """,
    limits=["limit"],
)


async def claim_bodies(tx: Tx, *, source: str, limit: int, lease_s: int) -> list[WaitingBody]:
    """Claim new bodies, in the order of their arrival; the attempt is counted at once."""
    found = await tx.all(WaitingBody, _CLAIM_BODIES, source=source, limit=limit, lease_s=lease_s)
    return sorted(found, key=lambda body: body.id)


def lock_bodies(tx: Tx, *, body_ids: Sequence[int]) -> None:
    """Lock the bodies against other workers until the end of the transaction, with the next statement."""
    tx.defer("SELECT FROM webhook_inbox WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE", ids=list(body_ids))


async def hold_bodies(tx: Tx, *, body_ids: Sequence[int], lease_s: int) -> None:
    """Hold the bodies for a worker that reads them without a lock."""
    sql = """
        UPDATE webhook_inbox
        SET available_at = now() + make_interval(secs => %(lease_s)s)
        WHERE id = ANY(%(ids)s) AND processed_at IS NULL
    """
    await tx.run(sql, ids=list(body_ids), lease_s=lease_s)


async def claim_left_body(tx: Tx, *, source: str) -> WaitingBody | None:
    """Claim one body that a worker did not finish, after pauses that grow from a minute to a day."""
    sql = """
        UPDATE webhook_inbox AS body
        SET attempts = body.attempts + 1,
            available_at = now() + make_interval(mins => least(power(4, least(body.attempts, 6) - 1), 1440)::integer)
        FROM (
            SELECT id
            FROM webhook_inbox
            WHERE processed_at IS NULL AND source = %(source)s AND attempts > 0 AND available_at <= now()
            ORDER BY available_at, id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE body.id = due.id
        RETURNING body.id, body.body, body.received_at, body.attempts
    """
    return await tx.find(WaitingBody, sql, source=source)


async def list_bodies(tx: Tx, *, body_ids: Sequence[int]) -> list[KeptBody]:
    sql = "SELECT id, body, received_at FROM webhook_inbox WHERE id = ANY(%(body_ids)s)"
    return await tx.all(KeptBody, sql, body_ids=list(body_ids))


async def update_unread(tx: Tx, *, body_id: int, error: str) -> None:
    """Record the error; the body stays for its next attempt."""
    await tx.run("UPDATE webhook_inbox SET last_error = %(error)s WHERE id = %(id)s", id=body_id, error=error)


def limit_waiting(tx: Tx, *, seconds: float) -> None:
    """Limit the wait for locked rows, so that one organization's lock does not stop all, with the next statement."""
    sql = "SELECT set_config('lock_timeout', %(limit)s, true)"
    tx.defer(sql, limit=f"{int(seconds * 1000)}ms")


async def update_processed(tx: Tx, *, done: Sequence[DoneBody]) -> None:
    sql = """
        UPDATE webhook_inbox AS body
        SET processed_at = now(), events = done.events, unrouted = done.unrouted, last_error = NULL
        FROM unnest(%(ids)s::bigint[], %(events)s::integer[], %(unrouted)s::integer[]) AS done (id, events, unrouted)
        WHERE body.id = done.id
    """
    ids, events, unrouted = (list(column) for column in zip(*done, strict=True))
    await tx.run(sql, ids=ids, events=events, unrouted=unrouted)


async def delete_old_bodies(tx: Tx) -> int:
    """Delete bodies that Meta repeats no more; those with events without a channel or set aside, after a month."""
    sql = """
        DELETE FROM webhook_inbox
        WHERE ctid IN (
            SELECT body.ctid
            FROM webhook_inbox AS body
            WHERE body.received_at < now() - interval '38 days' OR body.processed_at < now() - interval '30 days' OR (
                body.processed_at < now() - interval '8 days' AND body.unrouted = 0
                AND NOT EXISTS (SELECT FROM set_aside AS aside WHERE aside.inbox_id = body.id)
            )
            LIMIT 5000
        )
    """
    return await tx.run(sql)


async def receive_message(
    tx: Tx, *, channel_id: UUID, person: dict[str, Any], phone: str | None, message: ChannelMessage
) -> ReceivedMessage:
    sql = """
        SELECT message_id, chat_id, is_new
        FROM app.receive_message(%(channel_id)s, %(person)s::jsonb, %(phone)s, %(message)s::jsonb)
    """
    return await tx.one(
        ReceivedMessage, sql, channel_id=channel_id, person=json_text(person), phone=phone, message=json_text(message)
    )


def keep_message(
    tx: Tx, *, channel_id: UUID, person: dict[str, Any], phone: str | None, message: ChannelMessage
) -> None:
    """Receive the message without a result, with the next statement."""
    sql = "SELECT app.receive_message(%(channel_id)s, %(person)s::jsonb, %(phone)s, %(message)s::jsonb)"
    tx.defer(sql, channel_id=channel_id, person=json_text(person), phone=phone, message=json_text(message))


def keep_message_event(tx: Tx, *, channel_id: UUID, fact: MessageFact) -> None:
    """Record the fact without a result, with the next statement."""
    sql = "SELECT app.record_message_event(%(channel_id)s, %(fact)s::jsonb)"
    tx.defer(sql, channel_id=channel_id, fact=json_text(fact))


async def record_message_event(tx: Tx, *, channel_id: UUID, fact: MessageFact) -> UUID | None:
    """Record the fact, and return its message; None if the fact is known already, or the message is unknown."""
    sql = "SELECT app.record_message_event(%(channel_id)s, %(fact)s::jsonb) AS message_id"
    return (await tx.one(_Fact, sql, channel_id=channel_id, fact=json_text(fact))).message_id


async def record_channel_event(tx: Tx, *, channel_id: UUID, fact: ChannelFact) -> bool:
    """Record the fact, and return whether it is new; its effect waits if the person has no conversation yet."""
    sql = "SELECT app.record_channel_event(%(channel_id)s, %(fact)s::jsonb) AS is_so"
    return (await tx.one(_Is, sql, channel_id=channel_id, fact=json_text(fact))).is_so


async def delete_old_message_events(tx: Tx) -> int:
    """Delete statuses after 90 days, which the messages have by then, and facts about messages that never came.

    Edits, deletions and reactions stay, because their message is computed from them.
    """
    sql = """
        DELETE FROM message_events
        WHERE ctid IN (
            SELECT old.ctid
            FROM organizations
            CROSS JOIN LATERAL (
                SELECT ctid FROM message_events AS event
                WHERE event.organization_id = organizations.id AND event.created_at < now() - interval '90 days'
                    AND (event.kind = 'status' OR event.message_id IS NULL)
                LIMIT 5000
            ) AS old
            LIMIT 5000
        )
    """
    return await tx.run(sql)


async def delete_old_channel_events(tx: Tx) -> int:
    """Delete events after 90 days, without the latest ones on a person's ids and preferences."""
    sql = """
        DELETE FROM channel_events
        WHERE ctid IN (
            SELECT old.ctid
            FROM organizations
            CROSS JOIN LATERAL (
                SELECT ctid FROM channel_events AS event
                WHERE event.organization_id = organizations.id AND event.created_at < now() - interval '90 days'
                    AND (event.chat_id IS NULL OR event.name NOT LIKE 'preference.%%')
                LIMIT 5000
            ) AS old
            LIMIT 5000
        )
    """
    return await tx.run(sql)
