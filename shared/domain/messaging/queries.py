"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.runtime.db import Tx

from .models import Chat, Conversation, ConversationFilter, QueuedMessage


async def list_conversations(
    tx: Tx, *, chosen: ConversationFilter, messages: int, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    """With as many of each conversation's newest messages as `messages` says."""
    sql = """
        SELECT chat.id, chat.last_message_time, chat.platform, chat.contact_name, chat.contact_phone, chat.customer_id,
            chat.last_message, chat.unread_count, chat.is_archived, chat.assigned_to,
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
                    LIMIT %(messages)s
                ) AS newest
            ) AS messages
        FROM chats AS chat
        WHERE (%(chat_id)s::uuid IS NULL OR chat.id = %(chat_id)s)
            AND (%(customer_id)s::uuid IS NULL OR chat.customer_id = %(customer_id)s)
            AND (%(channel)s::text IS NULL OR chat.platform = %(channel)s)
            AND (%(is_archived)s::boolean IS NULL OR chat.is_archived = %(is_archived)s)
            AND (%(unread)s::boolean IS NULL OR (%(unread)s AND chat.unread_count > 0)
                OR (NOT %(unread)s AND chat.unread_count = 0))
            AND (%(after_time)s::timestamptz IS NULL
                OR (chat.last_message_time, chat.id) < (%(after_time)s, %(after_id)s::uuid))
        ORDER BY chat.last_message_time DESC, chat.id DESC
        LIMIT %(limit)s
    """
    after_time, after_id = after or (None, None)
    return await tx.all(
        Conversation,
        sql,
        **msgspec.structs.asdict(chosen),
        messages=messages,
        after_time=after_time,
        after_id=after_id,
        limit=limit,
    )


async def find_chat(tx: Tx, *, chat_id: UUID) -> Chat | None:
    sql = """
        SELECT id, platform
        FROM chats
        WHERE id = %(chat_id)s
    """
    return await tx.find(Chat, sql, chat_id=chat_id)


async def insert_queued_message(tx: Tx, *, chat_id: UUID, content: str, sender_id: UUID | None) -> QueuedMessage:
    sql = """
        INSERT INTO messages (chat_id, content, direction, status, sender_type, sender_id)
        VALUES (%(chat_id)s, %(content)s, 'outbound', 'queued', 'agent', %(sender_id)s)
        RETURNING id, chat_id, (SELECT chat.platform FROM chats AS chat WHERE chat.id = chat_id) AS platform, content,
            status, timestamp
    """
    return await tx.one(QueuedMessage, sql, chat_id=chat_id, content=content, sender_id=sender_id)
