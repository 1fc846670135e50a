"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.runtime.db import Tx

from .models import Conversation, ConversationFilter


async def list_conversations(
    tx: Tx, *, chosen: ConversationFilter, messages: int, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    """With as many of each conversation's newest messages as `messages` says."""
    sql = """
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
                    LIMIT %(messages)s
                ) AS newest
            ) AS messages
        FROM chats AS chat
        LEFT JOIN channel_accounts AS account
            ON account.organization_id = chat.organization_id AND account.id = chat.channel_id
        WHERE chat.merged_into IS NULL AND (%(chat_id)s::uuid IS NULL OR chat.id = %(chat_id)s)
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
