"""What may be done to a channel, and when."""

from datetime import datetime
from uuid import UUID

from shared.kernel.errors import Conflict, NotFound
from shared.runtime.db import AlreadyExists, Tx
from shared.runtime.queries import enqueue_for

from . import queries
from .models import ChannelStatus, ChannelView, EndingToken, NewChannel

ROUTE = "channel_accounts_route_key"


class ChannelConnectedElsewhere(Conflict):
    code = "channel_connected_elsewhere"
    default_message = "this number or page is connected to another organization: disconnect it there first"


class ChannelNotConnected(Conflict):
    """`status` and `status_reason` say why; what is queued waits."""

    code = "channel_not_connected"


async def connect(tx: Tx, *, organization_id: UUID, channel: NewChannel, token_sealed: bytes) -> UUID:
    """As the service, after the provider has shown that the caller controls the account; again renews the token and
    lets what is queued go on.

    Raises:
        ChannelConnectedElsewhere: another organization has it.
    """
    try:
        async with tx.savepoint():
            return await queries.upsert_channel(
                tx, organization_id=organization_id, channel=channel, token_sealed=token_sealed
            )
    except AlreadyExists as refused:
        if refused.details.get("constraint") == ROUTE:
            raise ChannelConnectedElsewhere from refused
        raise


async def stop(
    tx: Tx,
    *,
    channel_id: UUID,
    status: ChannelStatus,
    reason: str,
    resumes_at: datetime | None = None,
    told_at: datetime | None = None,
) -> bool:
    """Stops the channel's queue and tells the organization, once; True for the first who says so. As the service.

    `told_at`: when Meta said so, by its clock; None: it holds now.
    """
    if not await queries.update_status(
        tx, channel_id=channel_id, status=status, reason=reason[:1000], resumes_at=resumes_at, told_at=told_at
    ):
        return False
    await _announce(tx, channel_id, status, reason)
    return True


async def resume(tx: Tx, *, channel_id: UUID, told_at: datetime) -> bool:
    """Lets what is queued go on. As the service."""
    connected = ChannelStatus.CONNECTED
    if not await queries.update_status(tx, channel_id=channel_id, status=connected, reason=None, told_at=told_at):
        return False
    await _announce(tx, channel_id, connected, None)
    return True


def announce_ending_token(tx: Tx, *, token: EndingToken, reason: str) -> None:
    """Tells the organization to connect the channel again while it still sends. As the service."""
    payload = {"channel_id": str(token.channel_id), "expires_at": token.access_expires_at, "reason": reason}
    enqueue_for(tx, organization_id=token.organization_id, topic="channels.token_ending", payload=payload)


async def chosen(tx: Tx, *, platform: str, channel_id: UUID | None) -> ChannelView:
    """The channel asked for, else the organization's first.

    Raises:
        NotFound: no such channel.
        ChannelNotConnected: there is none of that platform, or it does not send.
    """
    found = await queries.find_channel_view(tx, platform=platform, channel_id=channel_id)
    if found is None and channel_id is not None:
        raise NotFound
    if found is None:
        connector = "save-whatsapp-credentials" if platform == "whatsapp" else "save-page-credentials"
        raise ChannelNotConnected(
            f"no {platform} channel is connected: an owner or admin connects one with {connector}"
        )
    if found.status is not ChannelStatus.CONNECTED:
        raise ChannelNotConnected(
            f"the channel is {found.status}: {found.status_reason or 'an owner or admin has to look at it'}",
            status=found.status,
            status_reason=found.status_reason,
        )
    return found


async def _announce(tx: Tx, channel_id: UUID, status: ChannelStatus, reason: str | None) -> None:
    channel = await queries.find_channel(tx, channel_id=channel_id)
    if channel is not None:
        payload = {"channel_id": str(channel_id), "status": status.value, "reason": reason}
        enqueue_for(tx, organization_id=channel.organization_id, topic=f"channels.{status.value}", payload=payload)
