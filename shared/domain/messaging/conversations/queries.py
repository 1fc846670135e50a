"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.runtime.db import Tx

from .models import ConversationState, StoredMessage


class _Found(msgspec.Struct, frozen=True):
    id: UUID


async def list_messages(
    tx: Tx, *, chat_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[StoredMessage]:
    """Newest first, each with its files in their order."""
    sql = """
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
            AND (%(after_time)s::timestamptz IS NULL
                OR (timestamp, id) < (%(after_time)s, %(after_id)s::uuid))
        ORDER BY timestamp DESC, id DESC
        LIMIT %(limit)s
    """
    after_time, after_id = after or (None, None)
    return await tx.all(StoredMessage, sql, chat_id=chat_id, after_time=after_time, after_id=after_id, limit=limit)


async def find_chat(tx: Tx, *, chat_id: UUID) -> ConversationState | None:
    sql = """
        SELECT id, unread_count, is_archived, assigned_to
        FROM chats
        WHERE id = %(chat_id)s
    """
    return await tx.find(ConversationState, sql, chat_id=chat_id)


async def find_colleague(tx: Tx, *, user_id: UUID) -> bool:
    """Whether that is the user id of a member or of an agent of the organization."""
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
