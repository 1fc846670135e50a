"""Actions on channels, and their conditions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.kernel.errors import Conflict, NotFound
from shared.runtime.postgres.errors import AlreadyExists
from shared.runtime.postgres.transaction import Tx
from shared.runtime.queries import enqueue_for

from . import queries
from .models import Channel, ChannelStatus, ChannelView, NewChannel

ROUTE = "channel_accounts_route_key"


class ChannelConnectedElsewhere(Conflict):
    code = "channel_connected_elsewhere"
    default_message = "this number or page is connected to another organization: disconnect it there first"


class ChannelNotConnected(Conflict):
    """`status` and `status_reason` give the cause; queued messages wait."""

    code = "channel_not_connected"


async def connect(tx: Tx, *, organization_id: UUID, channel: NewChannel, token_sealed: bytes) -> UUID:
    """Store a channel and its token, after the provider has confirmed that the caller controls it. As the service.

    A second connection renews the token and resumes the queue.

    Raises:
        ChannelConnectedElsewhere: another organization has the channel.
    """
    try:
        async with tx.savepoint():
            return await queries.upsert_channel(
                tx, organization_id=organization_id, channel=channel, token_sealed=token_sealed
            )
    except AlreadyExists as refusal:
        if refusal.details.get("constraint") == ROUTE:
            raise ChannelConnectedElsewhere from refusal
        raise


async def stop(
    tx: Tx,
    *,
    channel_id: UUID,
    status: ChannelStatus,
    reason: str,
    resumes_at: datetime | None = None,
    reported_at: datetime | None = None,
) -> bool:
    """Stop the channel's queue and notify the organization once; return whether the status changed. As the service.

    `reported_at` is the time of Meta's report, by its clock; None is now.
    """
    if not await queries.update_status(
        tx, channel_id=channel_id, status=status, reason=reason[:1000], resumes_at=resumes_at, reported_at=reported_at
    ):
        return False
    await _announce(tx, channel_id, status, reason)
    return True


async def resume(tx: Tx, *, channel_id: UUID, reported_at: datetime) -> bool:
    """Resume the channel's queue; return whether the status changed. As the service."""
    connected = ChannelStatus.CONNECTED
    if not await queries.update_status(
        tx, channel_id=channel_id, status=connected, reason=None, reported_at=reported_at
    ):
        return False
    await _announce(tx, channel_id, connected, None)
    return True


async def choose_channel(tx: Tx, *, platform: str, channel_id: UUID | None) -> ChannelView:
    """Return the channel with that id; without an id, the organization's oldest connected one.

    Raises:
        NotFound: there is no such channel.
        ChannelNotConnected: there is no channel of that platform, or it cannot send.
    """
    found = await queries.find_channel_view(tx, platform=platform, channel_id=channel_id)
    if found is None and channel_id is not None:
        raise NotFound
    if found is None:
        raise ChannelNotConnected(
            f"no {platform} channel is connected: an owner or admin connects one", hint="connect_channel"
        )
    if found.status is not ChannelStatus.CONNECTED:
        raise ChannelNotConnected(
            f"the channel is {found.status}: {found.status_reason or 'an owner or admin has to look at it'}",
            status=found.status,
            status_reason=found.status_reason,
        )
    return found


async def list_channels(tx: Tx) -> list[ChannelView]:
    """Return the organization's channels, newest first."""
    return await queries.list_channels(tx)


async def find_channel(tx: Tx, *, channel_id: UUID) -> Channel | None:
    """Return the channel with its sealed token. As the service."""
    return await queries.find_channel(tx, channel_id=channel_id)


async def list_routes(tx: Tx, *, external_ids: Sequence[str]) -> list[Channel]:
    """Return the channels with these ids of numbers, pages and accounts; live ones first. As the service."""
    return await queries.list_routes(tx, external_ids=external_ids)


async def lock_channels(tx: Tx, *, channel_ids: Sequence[UUID]) -> None:
    """Lock the channels in one order, before writing into several of their conversations. As the service."""
    await queries.lock_channels(tx, channel_ids=channel_ids)


async def hold(tx: Tx, *, channel_id: UUID, seconds: float) -> None:
    """Send nothing on the channel for that time. As the service."""
    await queries.hold_channel(tx, channel_id=channel_id, seconds=seconds)


async def resume_cooled_channels(tx: Tx) -> int:
    """Resume channels whose pause is over; return their number. As the service."""
    return await queries.resume_cooled_channels(tx)


async def _announce(tx: Tx, channel_id: UUID, status: ChannelStatus, reason: str | None) -> None:
    channel = await queries.find_channel(tx, channel_id=channel_id)
    if channel is not None:
        payload = {"channel_id": str(channel_id), "status": status.value, "reason": reason}
        enqueue_for(tx, organization_id=channel.organization_id, topic=f"channels.{status.value}", payload=payload)
