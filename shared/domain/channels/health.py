"""The health of channels: whether they may send, by Meta's refusals and its news of accounts."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.kernel.clock import utc_now
from shared.providers.meta.answers import RAISED_PER_S
from shared.providers.meta.events import AccountEvent
from shared.providers.meta.faults import COOLS_DOWN, FaultKind
from shared.runtime.postgres.transaction import Tx

from . import queries, service
from .models import ChannelStatus

COOL_DOWN = timedelta(hours=1)
_ENDS = frozenset({"PARTNER_REMOVED", "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PHONE_NUMBER_REMOVED"})
_RECONNECTS = frozenset({"ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED"})
_REINSTATED = "REINSTATE"
_THROUGHPUT_RAISED = "THROUGHPUT_UPGRADE"
_MOST_DETAILS_BYTES = 4096


class Health(NamedTuple):
    status: ChannelStatus
    reason: str


async def apply_fault(
    tx: Tx, channel_id: UUID, kind: FaultKind, code: int | None, message: str, *, reported_at: datetime | None = None
) -> None:
    """Stop the channel if the fault concerns all of it, and notify the organization once. As the service."""
    if kind is FaultKind.RECONNECT:
        health, resumes_at = Health(ChannelStatus.DISCONNECTED, f"connect it again: {message}"), None
    elif kind is FaultKind.BLOCKED:
        health = Health(ChannelStatus.BLOCKED, message)
        resumes_at = utc_now() + COOL_DOWN if code in COOLS_DOWN else None
    else:
        return
    await service.stop(
        tx,
        channel_id=channel_id,
        status=health.status,
        reason=health.reason,
        resumes_at=resumes_at,
        reported_at=reported_at,
    )


async def apply_account_event(tx: Tx, channel_id: UUID, event: AccountEvent) -> None:
    """Store Meta's news of the account, and stop or resume the channel accordingly. As the service."""
    more = event.details if len(msgspec.json.encode(event.details)) <= _MOST_DETAILS_BYTES else {}
    details = {event.field: {**more, "event": event.event, "at": event.occurred_at}}
    await queries.update_details(tx, channel_id=channel_id, details=details)
    if event.event == _THROUGHPUT_RAISED:
        await queries.update_pace(tx, channel_id=channel_id, messages_per_second=RAISED_PER_S)
    health, at = _health_after(event), event.occurred_at
    if health is None:
        return
    if health.status is ChannelStatus.CONNECTED:
        await service.resume(tx, channel_id=channel_id, reported_at=at)
    else:
        await service.stop(tx, channel_id=channel_id, status=health.status, reason=health.reason, reported_at=at)


def _health_after(event: AccountEvent) -> Health | None:
    """Return the channel's new health; None for news that does not change it."""
    word = event.event or ""
    if word == "DISABLED_UPDATE":
        ban = event.details.get("ban_info")
        state = ban.get("waba_ban_state") if isinstance(ban, dict) else None
        if state == _REINSTATED:
            return Health(ChannelStatus.CONNECTED, "")
        return Health(ChannelStatus.BLOCKED, f"Meta has disabled the account: {state or 'no reason given'}")
    if word in _ENDS:
        return Health(ChannelStatus.DISCONNECTED, f"the account is no longer shared with us: {word}")
    if word in _RECONNECTS:
        return Health(ChannelStatus.CONNECTED, "")
    return None
