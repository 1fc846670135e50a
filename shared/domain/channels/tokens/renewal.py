"""The renewal of tokens that expire, between two transactions; failures are announced to the organization."""

from functools import partial

from shared.domain.channels import service as channels
from shared.domain.channels.client import client_of
from shared.domain.channels.models import ChannelStatus
from shared.providers.meta.faults import PERMANENT, FaultKind, ProviderFault
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx
from shared.runtime.queries import enqueue_for
from shared.runtime.secrets import seal
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy import pieces
from shared.tenancy.transactions import service_tx

from . import queries
from .models import ClaimedToken, EndingToken, Refreshed

_QUEUE = "tokens"
_FAILURES_BEFORE_NEWS = 3
"""Failures on as many days in a row; a single one may be of a token that is younger than a day, which Meta refuses."""


async def refresh(*, request_id: str, for_s: float) -> Refreshed:
    """Renew tokens until none is due or the time is over; another worker beside this one takes others."""
    perform = partial(_perform, request_id)
    outcomes = await pieces.work_off(queries.take_due_token, perform, request_id=request_id, for_s=for_s)
    return Refreshed(outcomes.total(), outcomes["renewed"], outcomes[pieces.SET_ASIDE])


async def _perform(request_id: str, claimed: ClaimedToken) -> str | Fault:
    piece = Piece(claimed.organization_id, _QUEUE, str(claimed.channel_id))
    work = partial(_renew, request_id=request_id)
    return await pieces.perform(piece, claimed.row, EndingToken, work, request_id=request_id)


async def _renew(token: EndingToken, request_id: str) -> str:
    """Return "renewed" if there is a new token, else "kept"."""
    if not token.is_renewable:
        async with service_tx(request_id=request_id) as tx:
            if await queries.stop_asking(tx, token=token):
                _announce(tx, token=token, reason="it cannot be renewed without you")
        return "kept"
    try:
        access = await (await client_of(token)).refresh_token()
    except ProviderFault as fault:
        log().warning("token_not_renewed", channel_id=str(token.channel_id), kind=fault.kind, code=fault.code)
        if fault.kind in PERMANENT:
            await _handle_refusal(token, fault, request_id)
        return "kept"
    sealed = await seal(token.organization_id, access.token.encode())
    async with service_tx(request_id=request_id) as tx:
        stored = await queries.update_renewed_token(tx, token=token, token_sealed=sealed, expires_in=access.expires_in)
    return "renewed" if stored else "kept"


async def _handle_refusal(token: EndingToken, fault: ProviderFault, request_id: str) -> None:
    """Stop the channel of a token that has ended; else try again tomorrow, and announce it on the third day."""
    async with service_tx(request_id=request_id) as tx:
        failures = await queries.count_token_failure(tx, token=token)
        if fault.kind is FaultKind.RECONNECT and failures:
            reason = f"connect it again: {fault.message}"
            await channels.stop(tx, channel_id=token.channel_id, status=ChannelStatus.DISCONNECTED, reason=reason)
        elif failures == _FAILURES_BEFORE_NEWS:
            _announce(tx, token=token, reason=fault.message)


def _announce(tx: Tx, *, token: EndingToken, reason: str) -> None:
    """Ask the organization to connect the channel again before its token ends."""
    payload = {"channel_id": str(token.channel_id), "expires_at": token.access_expires_at, "reason": reason}
    enqueue_for(tx, organization_id=token.organization_id, topic="channels.token_ending", payload=payload)
