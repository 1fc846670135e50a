"""Conversations as people and agents read, assign and archive them."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.domain.media import service as media
from shared.kernel.errors import InvalidRequest, NotFound
from shared.kernel.pagination import Page, encode_cursor, last_row, page
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import Conversation, ConversationFilter, ConversationState, Message, MessageRow, StoredMessage

UNREACHABLE = 131026
OPTED_OUT = 131050
"""Error codes of Meta."""


class UnknownColleague(InvalidRequest):
    code = "unknown_colleague"
    default_message = "that is not the user id of a member or an agent of this organization"


def conversation_cursor(row: Conversation) -> str:
    return encode_cursor(row.last_message_time, row.id)


async def list_conversations(
    tx: Tx, *, filters: ConversationFilter, messages: int, cursor: str | None, limit: int
) -> Page[Conversation]:
    """Return conversations, those with the latest message first.

    Raises:
        InvalidCursor: the cursor is of another list.
    """
    after = last_row(cursor)
    rows = await queries.list_conversations(tx, filters=filters, messages=messages, after=after, limit=limit + 1)
    return page(rows, limit, conversation_cursor)


def message_cursor(row: MessageRow) -> str:
    return encode_cursor(row.timestamp, row.id)


async def list_messages(tx: Tx, *, chat_id: UUID, cursor: str | None, limit: int) -> Page[Message]:
    """Return messages, the newest first, with links to their files; later pages are older.

    Raises:
        NotFound: there is no such conversation.
        InvalidCursor: the cursor is of another list.
    """
    rows = await queries.list_messages(tx, chat_id=chat_id, after=last_row(cursor), limit=limit + 1)
    if not rows and await queries.find_chat(tx, chat_id=chat_id) is None:
        raise NotFound
    found = page(rows, limit, message_cursor)
    return Page([await _with_links(row) for row in found.data], found.next_cursor)


async def _with_links(stored: StoredMessage) -> Message:
    fields = msgspec.structs.asdict(stored)
    files = [await media.link(file) for file in fields.pop("attached")]
    return Message(**fields, files=files)


async def assign(tx: Tx, *, chat_id: UUID, assigned_to: UUID | None) -> ConversationState:
    """Assign the conversation to a member or an agent, or to nobody.

    Raises:
        NotFound: there is no such conversation.
        UnknownColleague: nobody in the organization has that id.
    """
    if assigned_to is not None and not await queries.find_colleague(tx, user_id=assigned_to):
        raise UnknownColleague
    return await queries.update_assigned_to(tx, chat_id=chat_id, assigned_to=assigned_to)


async def archive(tx: Tx, *, chat_id: UUID, is_archived: bool) -> ConversationState:
    """Archive the conversation, or restore it; a customer's next message also restores it.

    Raises:
        NotFound: there is no such conversation.
    """
    return await queries.update_archived(tx, chat_id=chat_id, is_archived=is_archived)


async def note_failure(tx: Tx, *, message_id: UUID, code: int | None, at: datetime) -> None:
    """Record in the conversation that Meta cannot reach the person, or that they want no marketing. As the service."""
    if code == UNREACHABLE:
        await queries.count_unreachable(tx, message_id=message_id)
    elif code == OPTED_OUT:
        await queries.stop_marketing(tx, message_id=message_id, at=at)
