"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx

from .models import Conversation, ConversationFilter, ConversationState, StoredMessage


class _Found(msgspec.Struct, frozen=True):
    id: UUID


_LIST_CONVERSATIONS = Query(
    """
    SELECT chat.id, chat.last_message_time, chat.platform, chat.contact_name, chat.contact_phone, chat.customer_id,
        chat.last_message, chat.unread_count, chat.is_archived, chat.assigned_to,
        chat.last_inbound_at + interval '24 hours' AS window_expires_at,
        app.may_send(chat.platform, account.status, chat.last_inbound_at) AS may_send,
        account.status AS channel_status,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', newest.id, 'direction', newest.direction, 'message_type', newest.message_type,
                'content', left(newest.content, 1000), 'status', newest.status, 'timestamp', newest.timestamp
            ) ORDER BY newest.timestamp, newest.id), '[]')
            FROM (
                SELECT message.id, message.direction, message.message_type, message.content, message.status,
                    message.timestamp
                FROM messages AS message
                WHERE message.organization_id = chat.organization_id AND message.chat_id = chat.id
                ORDER BY message.timestamp DESC, message.id DESC
                LIMIT {messages}
            ) AS newest
        ) AS messages
    FROM chats AS chat
    LEFT JOIN channel_accounts AS account
        ON account.organization_id = chat.organization_id AND account.id = chat.channel_id
    WHERE chat.merged_into IS NULL AND {chat_id} AND {customer_id} AND {channel} AND {is_archived}
        AND {unread} AND {after_time}
    ORDER BY chat.last_message_time DESC, chat.id DESC
    LIMIT {limit}
    """,
    where={
        "chat_id": "chat.id = %(chat_id)s",
        "customer_id": "chat.customer_id = %(customer_id)s",
        "channel": "chat.platform = %(channel)s",
        "is_archived": "chat.is_archived = %(is_archived)s",
        "unread": """
            (%(unread)s AND chat.unread_count > 0)
            OR (NOT %(unread)s AND chat.unread_count = 0)
        """,
        "after_time": "(chat.last_message_time, chat.id) < (%(after_time)s, %(after_id)s::uuid)",
    },
    limits=["messages", "limit"],
)


async def list_conversations(
    tx: Tx, *, filters: ConversationFilter, messages: int, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    """Return conversations, each with its newest messages, `messages` of them."""
    after_time, after_id = after or (None, None)
    return await tx.all(
        Conversation,
        _LIST_CONVERSATIONS,
        **msgspec.structs.asdict(filters),
        messages=messages,
        after_time=after_time,
        after_id=after_id,
        limit=limit,
    )


_LIST_MESSAGES = Query(
    """
    SELECT id, direction, message_type, content, status, sender_type, sender_id, platform_message_id, reply_to,
        details, reactions, error, edited_at, deleted_at, timestamp,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', media.id, 'organization_id', media.organization_id, 'kind', media.kind,
                'status', media.status, 'failure', media.failure, 'mime_type', media.mime_type,
                'file_name', media.file_name, 'size_bytes', media.size_bytes, 'sha256', media.sha256,
                'created_at', media.created_at) ORDER BY attached.position), '[]')
            FROM message_media AS attached
            JOIN media ON media.organization_id = attached.organization_id AND media.id = attached.media_id
            WHERE attached.organization_id = messages.organization_id AND attached.message_id = messages.id
        ) AS attached
    FROM messages
    WHERE chat_id = %(chat_id)s
        AND {after_time}
    ORDER BY timestamp DESC, id DESC
    LIMIT {limit}
    """,
    where={"after_time": "(timestamp, id) < (%(after_time)s, %(after_id)s::uuid)"},
    limits=["limit"],
)


async def list_messages(
    tx: Tx, *, chat_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[StoredMessage]:
    """Return messages, newest first, each with its files in their order."""
    after_time, after_id = after or (None, None)
    return await tx.all(
        StoredMessage, _LIST_MESSAGES, chat_id=chat_id, after_time=after_time, after_id=after_id, limit=limit
    )


async def find_chat(tx: Tx, *, chat_id: UUID) -> ConversationState | None:
    sql = """
        SELECT id, unread_count, is_archived, assigned_to
        FROM chats
        WHERE id = %(chat_id)s
    """
    return await tx.find(ConversationState, sql, chat_id=chat_id)


async def find_colleague(tx: Tx, *, user_id: UUID) -> bool:
    """Return whether the organization has a member or an agent with that user id."""
    sql = """
        SELECT user_id AS id
        FROM organization_members
        WHERE user_id = %(user_id)s
        UNION ALL
        SELECT user_id
        FROM agent_accounts
        WHERE user_id = %(user_id)s
        LIMIT 1
    """
    return await tx.find(_Found, sql, user_id=user_id) is not None


async def update_assigned_to(tx: Tx, *, chat_id: UUID, assigned_to: UUID | None) -> ConversationState:
    sql = """
        UPDATE chats
        SET assigned_to = %(assigned_to)s::uuid
        WHERE id = %(chat_id)s
        RETURNING id, unread_count, is_archived, assigned_to
    """
    return await tx.one(ConversationState, sql, chat_id=chat_id, assigned_to=assigned_to)


async def update_archived(tx: Tx, *, chat_id: UUID, is_archived: bool) -> ConversationState:
    sql = """
        UPDATE chats
        SET is_archived = %(is_archived)s
        WHERE id = %(chat_id)s
        RETURNING id, unread_count, is_archived, assigned_to
    """
    return await tx.one(ConversationState, sql, chat_id=chat_id, is_archived=is_archived)


async def count_unreachable(tx: Tx, *, message_id: UUID) -> None:
    """Count another message in a row that did not reach the person. As the service."""
    sql = """
        UPDATE chats AS chat
        SET unreachable_count = least(chat.unreachable_count, 1000) + 1
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
