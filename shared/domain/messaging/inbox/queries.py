"""All SQL of this room, run as the service: a body names no tenant, a channel does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.db import Tx

from .models import ChannelFact, MessageFact, NewBody, Received, ToldMessage, WaitingBody


class _Fact(msgspec.Struct, frozen=True):
    message_id: UUID | None


class _Is(msgspec.Struct, frozen=True):
    is_so: bool


async def insert_bodies(tx: Tx, *, bodies: Sequence[NewBody]) -> None:
    """A body that is there already is not kept twice."""
    sql = """
        INSERT INTO webhook_inbox (source, body, body_hash, signed_with, request_id)
        SELECT given.source, given.body, sha256(given.body), given.signed_with, given.request_id
        FROM unnest(%(sources)s::text[], %(bodies)s::bytea[], %(signed_with)s::smallint[], %(request_ids)s::text[])
            AS given (source, body, signed_with, request_id)
        ON CONFLICT (source, body_hash) DO NOTHING
    """
    sources, raw, signed_with, request_ids = (list(column) for column in zip(*bodies, strict=True))
    await tx.run(sql, sources=sources, bodies=raw, signed_with=signed_with, request_ids=request_ids)


async def claim_bodies(tx: Tx, *, source: str, limit: int) -> list[WaitingBody]:
    """Bodies in the order in which they came, held until the transaction ends; those that failed before come later."""
    sql = """
        SELECT id, body, received_at
        FROM webhook_inbox
        WHERE processed_at IS NULL AND source = %(source)s AND attempts = 0
        ORDER BY id
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    """
    return await tx.all(WaitingBody, sql, source=source, limit=limit)


async def claim_failed_body(tx: Tx, *, source: str, most_attempts: int) -> list[WaitingBody]:
    """One that failed before, by itself, so that it spoils nothing but its own turn."""
    sql = """
        SELECT id, body, received_at
        FROM webhook_inbox
        WHERE processed_at IS NULL AND source = %(source)s AND attempts BETWEEN 1 AND %(most_attempts)s - 1
            AND available_at <= now()
        ORDER BY available_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    """
    return await tx.all(WaitingBody, sql, source=source, most_attempts=most_attempts)


async def update_processed(tx: Tx, *, done: Sequence[tuple[int, int, int]]) -> None:
    """Each body's id, its events, and how many of them nobody could be given."""
    sql = """
        UPDATE webhook_inbox AS body
        SET processed_at = now(), events = done.events, unrouted = done.unrouted, last_error = NULL
        FROM unnest(%(ids)s::bigint[], %(events)s::integer[], %(unrouted)s::integer[]) AS done (id, events, unrouted)
        WHERE body.id = done.id
    """
    ids, events, unrouted = (list(column) for column in zip(*done, strict=True))
    await tx.run(sql, ids=ids, events=events, unrouted=unrouted)


async def update_failed(tx: Tx, *, ids: Sequence[int], error: str) -> None:
    """Tried again after 1 s, 4 s, 9 s …"""
    sql = """
        UPDATE webhook_inbox
        SET attempts = attempts + 1, last_error = left(%(error)s, 1000),
            available_at = now() + make_interval(secs => (attempts + 1) * (attempts + 1))
        WHERE id = ANY(%(ids)s)
    """
    await tx.run(sql, ids=list(ids), error=error)


async def delete_old_bodies(tx: Tx) -> int:
    """After the time for which Meta repeats itself; what nobody could be given is kept for a month."""
    sql = """
        DELETE FROM webhook_inbox
        WHERE ctid IN (
            SELECT ctid FROM webhook_inbox
            WHERE processed_at < now() - CASE WHEN unrouted > 0 THEN interval '30 days' ELSE interval '8 days' END
            LIMIT 10000
        )
    """
    return await tx.run(sql)


async def receive_message(
    tx: Tx, *, channel_id: UUID, person: dict[str, Any], phone: str | None, message: ToldMessage
) -> Received:
    sql = """
        SELECT message_id, chat_id, is_new
        FROM app.receive_message(%(channel_id)s, %(person)s::jsonb, %(phone)s, %(message)s::jsonb)
    """
    return await tx.one(Received, sql, channel_id=channel_id, person=_json(person), phone=phone, message=_json(message))


def keep_message(tx: Tx, *, channel_id: UUID, person: dict[str, Any], phone: str | None, message: ToldMessage) -> None:
    """As `receive_message`, where nobody needs to know what became of it; goes out with the next statement."""
    sql = "SELECT app.receive_message(%(channel_id)s, %(person)s::jsonb, %(phone)s, %(message)s::jsonb)"
    tx.defer(sql, channel_id=channel_id, person=_json(person), phone=phone, message=_json(message))


def keep_message_event(tx: Tx, *, channel_id: UUID, fact: MessageFact) -> None:
    """As `record_message_event`, where nobody needs to know what became of it; goes out with the next statement."""
    sql = "SELECT app.record_message_event(%(channel_id)s, %(fact)s::jsonb)"
    tx.defer(sql, channel_id=channel_id, fact=_json(fact))


async def record_message_event(tx: Tx, *, channel_id: UUID, fact: MessageFact) -> UUID | None:
    """The message that it is news of; None where it is known already, or the message is not."""
    sql = "SELECT app.record_message_event(%(channel_id)s, %(fact)s::jsonb) AS message_id"
    return (await tx.one(_Fact, sql, channel_id=channel_id, fact=_json(fact))).message_id


async def record_channel_event(tx: Tx, *, channel_id: UUID, fact: ChannelFact) -> bool:
    """Whether it is news. What is about a person has its effect on their conversation, now or once there is one."""
    sql = "SELECT app.record_channel_event(%(channel_id)s, %(fact)s::jsonb) AS is_so"
    return (await tx.one(_Is, sql, channel_id=channel_id, fact=_json(fact))).is_so


async def count_unreachable(tx: Tx, *, message_id: UUID) -> None:
    """One more message in a row that did not reach the person."""
    sql = """
        UPDATE chats AS chat
        SET unreachable_count = chat.unreachable_count + 1
        FROM messages AS message
        WHERE message.id = %(message_id)s AND chat.organization_id = message.organization_id
            AND chat.id = message.chat_id
    """
    await tx.run(sql, message_id=message_id)


async def stop_marketing(tx: Tx, *, message_id: UUID, at: datetime) -> None:
    sql = """
        UPDATE chats AS chat
        SET marketing_stopped_at = coalesce(chat.marketing_stopped_at, %(at)s)
        FROM messages AS message
        WHERE message.id = %(message_id)s AND chat.organization_id = message.organization_id
            AND chat.id = message.chat_id
    """
    await tx.run(sql, message_id=message_id, at=at)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
