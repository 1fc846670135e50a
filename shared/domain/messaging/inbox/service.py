"""Reading what was kept, in batches."""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.domain.messaging.channels import queries as channel_queries
from shared.domain.messaging.channels.models import Channel
from shared.providers.meta.events import AnyEvent
from shared.providers.meta.intake import parse
from shared.runtime.db import Tx
from shared.runtime.log import log
from shared.tenancy.transactions import service_tx

from . import queries
from .applying import apply
from .keeping import META
from .models import Processed, WaitingBody

BATCH = 100
MOST_ATTEMPTS = 10
"""After these a body stays where it is, for people to look at."""


class Routed(NamedTuple):
    """An event and a channel that it concerns."""

    channel: Channel
    event: AnyEvent


async def process(*, request_id: str, for_s: float) -> Processed:
    """Until nothing waits or the time is over. Several workers may run at once: each holds the bodies it reads."""
    until = time.monotonic() + for_s
    bodies = events = unrouted = 0
    while time.monotonic() < until:
        done = await _batch(request_id)
        if not done:
            break
        bodies += len(done)
        events += sum(each[1] for each in done)
        unrouted += sum(each[2] for each in done)
    return Processed(bodies, events, unrouted)


async def forget_old(tx: Tx) -> int:
    """Delete bodies that the provider will not repeat any more, as the service."""
    return await queries.delete_old_bodies(tx)


async def _batch(request_id: str) -> list[tuple[int, int, int]]:
    """One transaction: the bodies, everything they say, and that they are read. Each body's id, events and unrouted."""
    waiting: list[WaitingBody] = []
    try:
        async with service_tx(request_id=request_id) as tx:
            waiting = await queries.claim_bodies(tx, source=META, limit=BATCH)
            waiting = waiting or await queries.claim_failed_body(tx, source=META, most_attempts=MOST_ATTEMPTS)
            return await _read(tx, waiting) if waiting else []
    except Exception as fault:
        # Nothing of the batch was kept. Each of its bodies is read alone from now on, so that the one at fault shows.
        await _set_aside(waiting, fault, request_id)
        raise


async def _set_aside(waiting: Sequence[WaitingBody], fault: Exception, request_id: str) -> None:
    if waiting:
        log().warning("webhooks_set_aside", bodies=[each.id for each in waiting], fault=repr(fault))
        async with service_tx(request_id=request_id) as tx:
            await queries.update_failed(tx, ids=[each.id for each in waiting], error=repr(fault))


async def _read(tx: Tx, waiting: Sequence[WaitingBody]) -> list[tuple[int, int, int]]:
    parsed = [(each, parse(each.body, received_at=each.received_at)) for each in waiting]
    routes = await _routes(tx, [event for _, events in parsed for event in events])
    done: list[tuple[int, int, int]] = []
    routed: list[Routed] = []
    for body, events in parsed:
        found = [_channels(routes, event) for event in events]
        routed += [Routed(channel, event) for event, to in zip(events, found, strict=True) for channel in to]
        done.append((body.id, len(events), sum(not each for each in found)))
    if routed:
        await channel_queries.lock_channels(tx, channel_ids=list({each.channel.id for each in routed}))
    # What happened first comes first: a conversation reads in the order in which it was held.
    for each in sorted(routed, key=lambda each: (each.channel.id, each.event.occurred_at)):
        await apply(tx, each.channel, each.event)
    await queries.update_processed(tx, done=done)
    return done


async def _routes(tx: Tx, events: Iterable[AnyEvent]) -> list[Channel]:
    accounts = {event.account_id for event in events if event.account_id}
    return await channel_queries.list_routes(tx, external_ids=sorted(accounts)) if accounts else []


def _channels(routes: Sequence[Channel], event: AnyEvent) -> list[Channel]:
    """The one channel of a number or page; of news about a WhatsApp account all its channels, or the one it names."""
    own = [each for each in routes if (each.platform, each.external_id) == (event.channel, event.account_id)]
    if own:
        return own[:1]
    of_account = [each for each in routes if event.channel == "whatsapp" and each.waba_id == event.account_id]
    phone = _digits(getattr(event, "phone", None))
    named = [each for each in of_account if phone and _digits(each.phone) == phone]
    return named or of_account


def _digits(phone: str | None) -> str:
    return "".join(each for each in phone or "" if each.isdigit())
