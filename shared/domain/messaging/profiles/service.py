"""Asks the channel what people are called, between two transactions; where it tells nothing, nothing is lost."""

import asyncio
import time

from shared.domain.messaging.channels.access import client_of
from shared.providers.meta.faults import ProviderFault
from shared.runtime.log import log
from shared.tenancy.transactions import service_tx

from . import queries
from .models import Introduced, Stranger

_AT_ONCE = 8
_MOST_ATTEMPTS = 5
_FIRST_PAUSE_S = 60.0
_PAUSE_GROWS = 10


async def ask_for_names(*, request_id: str, for_s: float) -> Introduced:
    """Until nobody is due or the time is over; another worker beside this one takes others."""
    until = time.monotonic() + for_s
    asked = named = 0
    while time.monotonic() < until:
        async with service_tx(request_id=request_id) as tx:
            strangers = await queries.take_strangers(tx, limit=_AT_ONCE)
        if not strangers:
            break
        asked += len(strangers)
        named += sum(await asyncio.gather(*(_ask(each, request_id) for each in strangers)))
    return Introduced(asked, named)


async def _ask(stranger: Stranger, request_id: str) -> bool:
    """Whether the channel told a name."""
    try:
        client = await client_of(stranger)
        profile = await client.profile(stranger.scoped_id, channel=stranger.platform)
    except ProviderFault as fault:
        # A person who has not consented, a token that has ended, a missing permission: it may be otherwise later, and
        # whether the channel still sends is for the sending to find out.
        log().info("profile_not_had", channel_id=str(stranger.channel_id), kind=fault.kind, code=fault.code)
        await _postpone(stranger, request_id, fault.retry_after_s or 0.0)
        return False
    async with service_tx(request_id=request_id) as tx:
        if profile.shown is None:
            await queries.update_due(tx, stranger=stranger, after_s=None)
            return False
        await queries.name_person(tx, stranger=stranger, profile=profile)
    return True


async def _postpone(stranger: Stranger, request_id: str, least_s: float) -> None:
    """After a minute, ten, a hundred …, then never again."""
    pause_s = _FIRST_PAUSE_S * _PAUSE_GROWS ** (stranger.attempts - 1)
    given_up = stranger.attempts >= _MOST_ATTEMPTS
    async with service_tx(request_id=request_id) as tx:
        await queries.update_due(tx, stranger=stranger, after_s=None if given_up else max(pause_s, least_s))
