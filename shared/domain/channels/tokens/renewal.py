"""The renewal of tokens that end by time, between two transactions; the organization is told where it fails."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from shared.domain.channels import service as channels
from shared.domain.channels.client import client_of
from shared.domain.channels.models import ChannelStatus
from shared.providers.meta.faults import PERMANENT, FaultKind, ProviderFault
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx
from shared.runtime.queries import enqueue_for
from shared.runtime.secrets import seal
from shared.runtime.set_aside import Fault, Piece
from shared.runtime.workers import drain
from shared.tenancy import pieces
from shared.tenancy.transactions import service_statements, service_tx

from . import queries
from .models import ClaimedToken, EndingToken, Refreshed

_AT_ONCE = 8
_QUEUE = "tokens"
_FAILURES_BEFORE_NEWS = 3
"""So many days in a row. A token of less than a day is refused too, and that means nothing."""


async def refresh(*, request_id: str, for_s: float) -> Refreshed:
    """Renew tokens until none is due or the time is over; another worker beside this one takes others."""
    take, perform = partial(_take, request_id), partial(_perform, request_id)
    outcomes = await drain(take, perform, at_once=_AT_ONCE, for_s=for_s)
    return Refreshed(outcomes.total(), outcomes["renewed"], outcomes["set_aside"])


async def _take(request_id: str, spared: Sequence[UUID]) -> ClaimedToken | None:
    async with service_statements(request_id=request_id) as tx:
        return await queries.take_due_token(tx, spared=spared)


async def _perform(request_id: str, claimed: ClaimedToken) -> str:
    """Return the outcome by name; whatever is wrong with one token is that token's alone."""
    piece = Piece(claimed.organization_id, _QUEUE, str(claimed.channel_id))
    work = partial(_renew, request_id=request_id)
    renewed = await pieces.worked(piece, claimed.row, EndingToken, work, request_id=request_id)
    if isinstance(renewed, Fault):
        return "set_aside"
    return "renewed" if renewed else "kept"


async def _renew(token: EndingToken, request_id: str) -> bool:
    if not token.is_renewable:
        async with service_tx(request_id=request_id) as tx:
            if await queries.stop_asking(tx, token=token):
                _announce(tx, token=token, reason="it cannot be renewed without you")
        return False
    try:
        access = await (await client_of(token)).refresh_token()
    except ProviderFault as fault:
        log().warning("token_not_renewed", channel_id=str(token.channel_id), kind=fault.kind, code=fault.code)
        if fault.kind in PERMANENT:
            await _refused(token, fault, request_id)
        return False
    sealed = await seal(token.organization_id, access.token.encode())
    async with service_tx(request_id=request_id) as tx:
        return await queries.update_renewed_token(tx, token=token, token_sealed=sealed, expires_in=access.expires_in)


async def _refused(token: EndingToken, fault: ProviderFault, request_id: str) -> None:
    """Stop the channel of a token that is over; else ask Meta again tomorrow, and announce it on the third day."""
    async with service_tx(request_id=request_id) as tx:
        failures = await queries.count_token_failure(tx, token=token)
        if fault.kind is FaultKind.RECONNECT and failures:
            reason = f"connect it again: {fault.message}"
            await channels.stop(tx, channel_id=token.channel_id, status=ChannelStatus.DISCONNECTED, reason=reason)
        elif failures == _FAILURES_BEFORE_NEWS:
            _announce(tx, token=token, reason=fault.message)


def _announce(tx: Tx, *, token: EndingToken, reason: str) -> None:
    """Tell the organization to connect the channel again while it still sends."""
    payload = {"channel_id": str(token.channel_id), "expires_at": token.access_expires_at, "reason": reason}
    enqueue_for(tx, organization_id=token.organization_id, topic="channels.token_ending", payload=payload)
