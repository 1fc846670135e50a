"""Conversations as lists answer them."""

from datetime import datetime
from uuid import UUID

from shared.kernel.pagination import Page, decode_cursor, encode_cursor
from shared.runtime.db import Tx

from . import queries
from .models import Conversation, ConversationFilter


def cursor_of(row: Conversation) -> str:
    return encode_cursor(row.last_message_time, row.id)


async def list_conversations(
    tx: Tx, *, chosen: ConversationFilter, messages: int, cursor: str | None, limit: int
) -> Page[Conversation]:
    """Where there was news last comes first.

    Raises:
        InvalidCursor: for a cursor of another list.
    """
    after = decode_cursor(cursor, datetime, UUID) if cursor else None
    rows = await queries.list_conversations(tx, chosen=chosen, messages=messages, after=after, limit=limit + 1)
    page = rows[:limit]
    return Page(page, cursor_of(page[-1]) if len(rows) > limit else None)
