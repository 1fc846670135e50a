"""Read receipts and typing indicators for customers."""

from uuid import UUID

import msgspec

from shared.domain.channels.client import client_of
from shared.kernel.errors import NotFound, Refusal
from shared.providers.meta.bodies import sender_action_body
from shared.providers.meta.faults import ProviderFault
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx
from shared.tenancy.transactions import service_tx

from . import queries


class MarkedRead(msgspec.Struct, frozen=True):
    """`customer_told` is False if the channel did not accept the receipt; the conversation is read here in any case."""

    chat_id: UUID
    unread_count: int
    customer_told: bool


async def mark_read(tx: Tx, *, chat_id: UUID) -> MarkedRead:
    """Mark the conversation as read here, and not yet for the customer, as `send` does.

    Raises:
        NotFound: there is no such conversation in the caller's organization.
    """
    if not await queries.mark_read(tx, chat_id=chat_id):
        raise NotFound
    return MarkedRead(chat_id, 0, customer_told=False)


async def mark_unread(tx: Tx, *, chat_id: UUID) -> MarkedRead:
    """Mark the conversation as unread here only; the customer keeps the read mark.

    Raises:
        NotFound: there is no such conversation in the caller's organization.
    """
    if not await queries.mark_unread(tx, chat_id=chat_id):
        raise NotFound
    return MarkedRead(chat_id, await queries.find_unread_count(tx, chat_id=chat_id), customer_told=False)


async def send(*, chat_id: UUID, typing: bool, request_id: str) -> MarkedRead:
    """Send the read mark, and with `typing` the typing indicator; a failure is only reported in the result."""
    async with service_tx(request_id=request_id, read_only=True) as tx:
        latest = await queries.find_latest_inbound(tx, chat_id=chat_id)
    if latest is None:
        return MarkedRead(chat_id, 0, customer_told=False)
    try:
        client = await client_of(latest)
        if latest.platform == "whatsapp":
            await client.mark_read(latest.external_id, latest.platform_message_id, typing=typing)
        else:
            recipient, node = latest.known_by.recipient, latest.page_id or latest.external_id
            await client.send_action(node, sender_action_body(recipient, "mark_seen"))
            if typing:
                await client.send_action(node, sender_action_body(recipient, "typing_on"))
    except (ProviderFault, Refusal) as fault:
        log().info("read_mark_not_sent", chat_id=str(chat_id), fault=str(fault))
        return MarkedRead(chat_id, 0, customer_told=False)
    return MarkedRead(chat_id, 0, customer_told=True)
