"""The job that asks channels for the names of people, between two transactions; a failure loses nothing."""

from functools import partial

from shared.domain.channels.client import client_of
from shared.providers.meta.faults import ProviderFault
from shared.runtime.log import log
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy import pieces
from shared.tenancy.transactions import service_tx

from . import queries
from .models import ClaimedStranger, Introduced, Stranger

_QUEUE = "names"
_MOST_ATTEMPTS = 5
_FIRST_PAUSE_S = 60.0
_PAUSE_GROWS = 10


async def ask_for_names(*, request_id: str, for_s: float) -> Introduced:
    """Ask until nobody is due or the time is over; another worker beside this one takes others."""
    perform = partial(_perform, request_id)
    outcomes = await pieces.work_off(queries.take_stranger, perform, request_id=request_id, for_s=for_s)
    return Introduced(outcomes.total(), outcomes["named"], outcomes[pieces.SET_ASIDE])


async def _perform(request_id: str, claimed: ClaimedStranger) -> str | Fault:
    piece = Piece(claimed.organization_id, _QUEUE, claimed.subject)
    work = partial(_ask, request_id=request_id)
    return await pieces.perform(
        piece, claimed.row, Stranger, work, may_be_aside=lambda stranger: stranger.attempts > 1, request_id=request_id
    )


async def _ask(stranger: Stranger, request_id: str) -> str:
    """Ask for the name; return "named" if the channel gave one, else "unnamed"."""
    try:
        client = await client_of(stranger)
        profile = await client.profile(stranger.scoped_id, channel=stranger.platform)
    except ProviderFault as fault:
        # The person has not consented, the token has ended or a permission is missing: this may change, and it does not
        # decide whether the channel can send.
        log().info("profile_not_fetched", channel_id=str(stranger.channel_id), kind=fault.kind, code=fault.code)
        await _postpone(stranger, request_id, fault.retry_after_s or 0.0)
        return "unnamed"
    async with service_tx(request_id=request_id) as tx:
        if profile.display_name is None:
            await queries.update_due(tx, stranger=stranger, after_s=None)
            return "unnamed"
        await queries.name_person(tx, stranger=stranger, profile=profile)
    return "named"


async def _postpone(stranger: Stranger, request_id: str, least_s: float) -> None:
    """Ask again after one, ten, a hundred … minutes, then never."""
    pause_s = _FIRST_PAUSE_S * _PAUSE_GROWS ** (stranger.attempts - 1)
    given_up = stranger.attempts >= _MOST_ATTEMPTS
    async with service_tx(request_id=request_id) as tx:
        await queries.update_due(tx, stranger=stranger, after_s=None if given_up else max(pause_s, least_s))
