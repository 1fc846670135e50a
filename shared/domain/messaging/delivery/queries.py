"""All SQL of this room: the intent runs as the caller, all later statements as the service."""

from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import json_text
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from .models import ClaimedMessage, Draft, DueMessage, LatestInbound, MessageIds, SendRequest, SentMessage, Thread


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Done(msgspec.Struct, frozen=True):
    done: bool


class _Number(msgspec.Struct, frozen=True):
    number: int


async def find_thread(tx: Tx, *, chat_id: UUID) -> Thread | None:
    """Find the conversation, or the one into which it was merged."""
    sql = """
        SELECT chat.id, chat.platform, chat.channel_id, account.status AS channel_status,
            account.status_reason AS channel_status_reason, chat.last_inbound_at, chat.marketing_stopped_at,
            chat.unreachable_count, app.known_by(chat) AS known_by,
            (
                SELECT jsonb_build_object(
                    'code', plans.code, 'messages', plans.max_messages_month, 'upgrade', plans.upgrade)
                FROM organizations
                JOIN plans ON plans.code = organizations.plan_code
                WHERE organizations.id = chat.organization_id
            ) AS plan
        FROM chats AS named
        JOIN chats AS chat
            ON chat.organization_id = named.organization_id AND chat.id = coalesce(named.merged_into, named.id)
        LEFT JOIN channel_accounts AS account
            ON account.organization_id = chat.organization_id AND account.id = chat.channel_id
        WHERE named.id = %(chat_id)s
    """
    return await tx.find(Thread, sql, chat_id=chat_id)


async def start_conversation(tx: Tx, *, channel_id: UUID, wa_id: str, phone: str) -> UUID:
    sql = "SELECT app.start_conversation(%(channel_id)s, %(wa_id)s, %(phone)s) AS id"
    return (await tx.one(_Id, sql, channel_id=channel_id, wa_id=wa_id, phone=phone)).id


async def queue_message(tx: Tx, *, draft: Draft, request: SendRequest) -> UUID:
    """Queue the message, and count it as one of the plan's outbound messages."""
    sql = "SELECT app.queue_message(%(message)s::jsonb, %(request)s::jsonb) AS id"
    return (await tx.one(_Id, sql, message=json_text(draft), request=json_text(request))).id


async def find_message(tx: Tx, *, message_id: UUID) -> SentMessage:
    sql = """
        SELECT message.id, message.chat_id, chat.platform, message.message_type::text AS message_type, message.content,
            message.status, delivery.state AS delivery, message.platform_message_id,
            coalesce(message.error, delivery.error) AS error, message.timestamp, waits.not_before
        FROM messages AS message
        JOIN chats AS chat ON chat.organization_id = message.organization_id AND chat.id = message.chat_id
        JOIN message_deliveries AS delivery
            ON delivery.organization_id = message.organization_id AND delivery.message_id = message.id
        JOIN channel_accounts AS account
            ON account.organization_id = delivery.organization_id AND account.id = delivery.channel_id
        LEFT JOIN channel_paces AS channel_pace
            ON channel_pace.organization_id = delivery.organization_id AND channel_pace.channel_id = delivery.channel_id
        LEFT JOIN chat_paces AS chat_pace
            ON chat_pace.organization_id = delivery.organization_id AND chat_pace.chat_id = delivery.chat_id
        LEFT JOIN LATERAL (
            SELECT max(moment) AS not_before
            FROM (VALUES (delivery.next_attempt_at), (account.held_until), (chat.held_until), (channel_pace.free_at),
                (chat_pace.free_at - make_interval(secs => %(borrowed_s)s))) AS known (moment)
            WHERE delivery.state = 'queued' AND moment > now()
        ) AS waits ON true
        WHERE message.id = %(message_id)s
    """
    borrowed_s = settings().whatsapp_pair_interval_s * (settings().whatsapp_pair_burst - 1)
    return await tx.one(SentMessage, sql, message_id=message_id, borrowed_s=borrowed_s)


async def find_message_ids(tx: Tx, *, message_id: UUID) -> MessageIds | None:
    sql = """
        SELECT chat_id, platform_message_id
        FROM messages
        WHERE id = %(message_id)s
    """
    return await tx.find(MessageIds, sql, message_id=message_id)


async def mark_read(tx: Tx, *, chat_id: UUID) -> bool:
    """Return whether there is such a conversation."""
    sql = "SELECT app.mark_chat_read(%(chat_id)s) AS done"
    return (await tx.one(_Done, sql, chat_id=chat_id)).done


async def mark_unread(tx: Tx, *, chat_id: UUID) -> bool:
    """Return whether there is such a conversation."""
    sql = "SELECT app.mark_chat_unread(%(chat_id)s) AS done"
    return (await tx.one(_Done, sql, chat_id=chat_id)).done


async def find_unread_count(tx: Tx, *, chat_id: UUID) -> int:
    sql = "SELECT unread_count AS number FROM chats WHERE id = %(chat_id)s"
    return (await tx.one(_Number, sql, chat_id=chat_id)).number


async def find_latest_inbound(tx: Tx, *, chat_id: UUID) -> LatestInbound | None:
    """Find the customer's newest message, as the service; None if there is none, or if the channel does not send."""
    sql = """
        SELECT chat.organization_id, account.platform, account.external_id, account.page_id, account.token_sealed,
            app.known_by(chat) AS known_by, message.platform_message_id
        FROM chats AS chat
        JOIN channel_accounts AS account
            ON account.organization_id = chat.organization_id AND account.id = chat.channel_id
        JOIN messages AS message ON message.organization_id = chat.organization_id AND message.chat_id = chat.id
        WHERE chat.id = %(chat_id)s AND account.status = 'connected' AND message.direction = 'inbound'
            AND message.origin = 'channel' AND message.platform_message_id IS NOT NULL
        ORDER BY message.timestamp DESC, message.id DESC
        LIMIT 1
    """
    return await tx.find(LatestInbound, sql, chat_id=chat_id)


async def take_due(tx: Tx, *, message_id: UUID | None, limit: int, ahead_s: float) -> list[ClaimedMessage]:
    """Take due messages, give each a time slot within `ahead_s` seconds, and mark them as sending.

    Only the first unsent message of a conversation is due. Messages without a free slot stay queued.
    """
    sql = """
        SELECT due.organization_id, due.message_id, due.attempts, to_json(due) AS row
        FROM (
        SELECT taken.message_id, taken.organization_id, taken.chat_id, taken.channel_id, account.platform,
            account.external_id, account.page_id,
            replace(encode(account.token_sealed, 'base64'), chr(10), '') AS token_sealed, taken.request, taken.attempts,
            taken.was_repeated, chat.last_inbound_at, app.known_by(chat) AS known_by, now() AS now,
            greatest(extract(epoch FROM taken.starts_at - clock_timestamp()), 0)::double precision AS wait_s
        FROM app.take_deliveries(%(message_id)s, %(limit)s, make_interval(secs => %(ahead_s)s), %(per_second)s::jsonb,
            make_interval(secs => %(pair_interval_s)s), %(pair_burst)s) AS taken
        JOIN channel_accounts AS account
            ON account.organization_id = taken.organization_id AND account.id = taken.channel_id
        JOIN chats AS chat ON chat.organization_id = taken.organization_id AND chat.id = taken.chat_id
        ) AS due
    """
    config = settings()
    messenger = config.messenger_messages_per_s
    per_second = {"whatsapp": config.whatsapp_messages_per_s, "facebook": messenger, "instagram": messenger}
    return await tx.all(
        ClaimedMessage,
        sql,
        message_id=message_id,
        limit=limit,
        ahead_s=ahead_s,
        per_second=json_text(per_second),
        pair_interval_s=config.whatsapp_pair_interval_s,
        pair_burst=config.whatsapp_pair_burst,
    )


async def update_state(
    tx: Tx, *, due: DueMessage, state: str, error: dict[str, Any] | None = None, wait_s: float = 0
) -> bool:
    """Write the outcome of this worker's attempt, unless a later one is known; return whether it was written."""
    sql = """
        UPDATE message_deliveries
        SET state = %(state)s, state_since = now(), error = coalesce(%(error)s::jsonb, error),
            next_attempt_at = CASE WHEN %(state)s = 'queued' THEN now() + make_interval(secs => %(wait_s)s)
                ELSE next_attempt_at END
        WHERE organization_id = %(organization_id)s AND message_id = %(message_id)s AND state = 'sending'
            AND attempts = %(attempts)s
    """
    values = {"organization_id": due.organization_id, "message_id": due.message_id, "attempts": due.attempts}
    encoded = json_text(error) if error else None
    return await tx.run(sql, state=state, error=encoded, wait_s=wait_s, **values) > 0


async def fail_claimed(tx: Tx, *, claimed: ClaimedMessage, error: dict[str, Any]) -> None:
    """Fail a message whose row cannot be read or sent."""
    sql = """
        WITH failed AS (
            UPDATE message_deliveries
            SET state = 'failed', state_since = now(), error = %(error)s::jsonb
            WHERE organization_id = %(organization_id)s AND message_id = %(message_id)s AND state = 'sending'
                AND attempts = %(attempts)s
            RETURNING organization_id, message_id
        )
        UPDATE messages AS message
        SET status = 'failed', error = %(error)s::jsonb
        FROM failed
        WHERE message.organization_id = failed.organization_id AND message.id = failed.message_id
    """
    values = {"organization_id": claimed.organization_id, "message_id": claimed.message_id}
    await tx.run(sql, error=json_text(error), attempts=claimed.attempts, **values)


async def give_attempt_back(tx: Tx, *, due: DueMessage) -> None:
    """Count one attempt less, because the channel failed and not the message."""
    sql = """
        UPDATE message_deliveries
        SET attempts = greatest(attempts - 1, 0)
        WHERE organization_id = %(organization_id)s AND message_id = %(message_id)s AND state = 'queued'
    """
    await tx.run(sql, organization_id=due.organization_id, message_id=due.message_id)


async def mark_failed(tx: Tx, *, due: DueMessage, error: dict[str, Any]) -> None:
    sql = """
        UPDATE messages
        SET status = 'failed', error = %(error)s::jsonb
        WHERE organization_id = %(organization_id)s AND id = %(message_id)s
    """
    values = {"organization_id": due.organization_id, "message_id": due.message_id}
    await tx.run(sql, error=json_text(error), **values)


async def mark_sent(tx: Tx, *, due: DueMessage) -> None:
    sql = """
        UPDATE messages
        SET status = 'sent', error = NULL
        WHERE organization_id = %(organization_id)s AND id = %(message_id)s
    """
    await tx.run(sql, organization_id=due.organization_id, message_id=due.message_id)


async def name_message(tx: Tx, *, due: DueMessage, platform_message_id: str) -> None:
    """Set the message's id at the provider, and apply the events with this id that came before."""
    sql = "SELECT app.name_message(%(organization_id)s, %(message_id)s, %(platform_message_id)s)"
    values = {"organization_id": due.organization_id, "message_id": due.message_id}
    await tx.run(sql, platform_message_id=platform_message_id, **values)


async def hold_chat(tx: Tx, *, due: DueMessage, seconds: float) -> None:
    sql = """
        UPDATE chats
        SET held_until = greatest(held_until, now() + make_interval(secs => %(seconds)s))
        WHERE organization_id = %(organization_id)s AND id = %(chat_id)s
    """
    await tx.run(sql, organization_id=due.organization_id, chat_id=due.chat_id, seconds=seconds)


async def forget_sending(tx: Tx, *, older_than_s: float) -> int:
    """Mark as unknown the messages whose worker died between the call and its outcome."""
    sql = """
        UPDATE message_deliveries
        SET state = 'unknown', state_since = now()
        WHERE state = 'sending' AND state_since < now() - make_interval(secs => %(older_than_s)s)
    """
    return await tx.run(sql, older_than_s=older_than_s)


async def requeue_unknown(tx: Tx, *, after_s: float) -> int:
    """Queue messages without a status a second time, and never a third time.

    Wait while readable webhooks are unread, because they may hold the status.
    """
    sql = """
        UPDATE message_deliveries
        SET state = 'queued', state_since = now(), was_repeated = true, next_attempt_at = now()
        WHERE state = 'unknown' AND NOT was_repeated AND state_since < now() - make_interval(secs => %(after_s)s)
            AND NOT EXISTS (
                SELECT FROM webhook_inbox WHERE processed_at IS NULL AND attempts < 3
            )
    """
    return await tx.run(sql, after_s=after_s)


async def delete_old_deliveries(tx: Tx) -> int:
    """Delete deliveries that ended 90 days ago; the messages keep their status, and queued ones stay."""
    sql = """
        DELETE FROM message_deliveries
        WHERE ctid IN (
            SELECT old.ctid
            FROM organizations
            CROSS JOIN LATERAL (
                SELECT ctid FROM message_deliveries AS delivery
                WHERE delivery.organization_id = organizations.id AND delivery.created_at < now() - interval '90 days'
                    AND delivery.state_since < now() - interval '90 days'
                    AND delivery.state NOT IN ('queued', 'sending')
                LIMIT 5000
            ) AS old
            LIMIT 5000
        )
    """
    return await tx.run(sql)
