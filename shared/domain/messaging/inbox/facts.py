"""Events of messages that do not come from the channel, recorded in the same way."""

from datetime import datetime
from uuid import UUID

from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import MessageFact


async def record_own_reaction(
    tx: Tx, *, channel_id: UUID, message_id: UUID, platform_message_id: str, emoji: str, occurred_at: datetime
) -> None:
    """Record our own reaction, which was sent as the message `message_id`. As the service."""
    fact = MessageFact(
        dedup_key=f"ours:{message_id}",
        platform_message_id=platform_message_id,
        kind="reaction",
        value=emoji or None,
        author="business",
        occurred_at=occurred_at,
    )
    await queries.record_message_event(tx, channel_id=channel_id, fact=fact)
