"""What news and refusals say of a whole channel: whether it may go on sending."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.kernel.clock import utc_now
from shared.providers.meta.events import AccountEvent
from shared.providers.meta.faults import COOLS_DOWN, FaultKind
from shared.runtime.db import Tx

from . import service
from .models import ChannelStatus

COOL_DOWN = timedelta(hours=1)
_ENDS = frozenset({"PARTNER_REMOVED", "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PHONE_NUMBER_REMOVED"})
_RECONNECTS = frozenset({"ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED"})
_REINSTATED = "REINSTATE"


class Change(NamedTuple):
    status: ChannelStatus
    reason: str

    @property
    def stops(self) -> bool:
        return self.status is not ChannelStatus.CONNECTED


async def judge(
    tx: Tx, channel_id: UUID, kind: FaultKind, code: int | None, message: str, *, told_at: datetime | None = None
) -> bool:
    """Stops the channel where the refusal concerns all of it, telling the organization once; whether it does."""
    if kind is FaultKind.RECONNECT:
        reason = f"connect it again: {message}"
        await service.stop(tx, channel_id=channel_id, status=ChannelStatus.DISCONNECTED, reason=reason, told_at=told_at)
        return True
    if kind is FaultKind.BLOCKED:
        resumes_at = utc_now() + COOL_DOWN if code in COOLS_DOWN else None
        await service.stop(
            tx,
            channel_id=channel_id,
            status=ChannelStatus.BLOCKED,
            reason=message,
            resumes_at=resumes_at,
            told_at=told_at,
        )
        return True
    return False


def of_account(event: AccountEvent) -> Change | None:
    """None for news that changes nothing about sending."""
    word = event.event or ""
    if word == "DISABLED_UPDATE":
        told = event.details.get("ban_info")
        state = told.get("waba_ban_state") if isinstance(told, dict) else None
        if state == _REINSTATED:
            return Change(ChannelStatus.CONNECTED, "")
        return Change(ChannelStatus.BLOCKED, f"Meta has disabled the account: {state or 'no reason given'}")
    if word in _ENDS:
        return Change(ChannelStatus.DISCONNECTED, f"the account is no longer shared with us: {word}")
    if word in _RECONNECTS:
        return Change(ChannelStatus.CONNECTED, "")
    return None
