"""What may be done in a conversation, and when."""

from datetime import datetime
from uuid import UUID

from shared.kernel.errors import Conflict, InvalidRequest, NotFound
from shared.kernel.pagination import Page, decode_cursor, encode_cursor
from shared.runtime.db import Tx
from shared.runtime.queries import enqueue

from . import queries
from .models import Channel, Conversation, ConversationFilter, QueuedMessage

MAX_WHATSAPP_CHARACTERS = 4096
MAX_FACEBOOK_CHARACTERS = 2000
MAX_INSTAGRAM_BYTES = 1000


class ChannelCannotSend(Conflict):
    code = "channel_cannot_send"


class MessageTooLong(InvalidRequest):
    """`limit` and `length` are counted in `unit`."""

    code = "message_too_long"


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


async def send_message(tx: Tx, *, chat_id: UUID, content: str, sender_id: UUID | None) -> QueuedMessage:
    """Queues a text for the sender, in an existing conversation only.

    Raises:
        NotFound: no such conversation, or not the caller's.
        ChannelCannotSend, MessageTooLong: before anything is written.
        Refusal: plan_limit_exceeded, with resource messages.
    """
    chat = await queries.find_chat(tx, chat_id=chat_id)
    if chat is None:
        raise NotFound
    _check_length(chat.platform, content)
    message = await queries.insert_queued_message(tx, chat_id=chat_id, content=content, sender_id=sender_id)
    enqueue(tx, topic="messages.send", payload={"message_id": str(message.id)})
    return message


def _check_length(platform: str, content: str) -> None:
    match platform:
        case Channel.WHATSAPP:
            length, limit, unit = len(content), MAX_WHATSAPP_CHARACTERS, "characters"
        case Channel.FACEBOOK:
            length, limit, unit = len(content), MAX_FACEBOOK_CHARACTERS, "characters"
        case Channel.INSTAGRAM:
            length, limit, unit = len(content.encode()), MAX_INSTAGRAM_BYTES, "bytes"
        case _:
            raise ChannelCannotSend(f"{platform} conversations are listed only: nothing can be sent there")
    if length > limit:
        raise MessageTooLong(
            f"{platform} takes {limit} {unit} and this message has {length}: shorten it or send it in parts",
            limit=limit,
            length=length,
            unit=unit,
        )
