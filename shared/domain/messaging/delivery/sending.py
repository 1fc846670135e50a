"""Workers that take queued messages, hand them to the channel and record what became of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial
from uuid import UUID

from shared.domain.channels import service as channels
from shared.runtime import set_aside
from shared.runtime.deadline import database_time
from shared.runtime.log import log
from shared.runtime.set_aside import Fault
from shared.runtime.settings import settings
from shared.tenancy.transactions import service_tx

from . import outcomes, queries, transmission
from .models import ClaimedDue, Delivered, Due, SentMessage

AT_ONCE = 64
"""Messages on their way to Meta, or with a place to leave within moments."""
AHEAD_S = 0.25
"""For how long ahead places are taken; the next are taken after half of it, so that a full queue leaves no gap."""
AHEAD_FOR_ONE_S = 0.5
"""How long somebody who waits for the answer waits for a place: longer than the queue reaches, so they come next."""
ANSWERED_AFTER_S = 5.0
"""A request to send is answered by then, whatever the provider does: the message is on its way."""
UNKNOWN_FOR_S = 600
"""For how long the status webhook is waited for before the one retry."""
_unfinished: set[asyncio.Task[None]] = set()


async def deliver_now(message_id: UUID, *, request_id: str) -> SentMessage:
    """Send the message if its turn has come and a place is free; return how far it is, in any case."""
    async with service_tx(request_id=request_id) as tx:
        taken = await queries.take_due(tx, message_id=message_id, limit=1, ahead_s=AHEAD_FOR_ONE_S)
    if taken:
        await _wait_for(asyncio.create_task(_deliver_all(taken, request_id)))
    async with service_tx(request_id=request_id, read_only=True) as tx:
        return await queries.find_message(tx, message_id=message_id)


async def _deliver_all(taken: Iterable[ClaimedDue], request_id: str) -> None:
    with database_time(None):  # Its outcome is written, however long the provider takes; the caller is gone by then.
        for claimed in taken:
            await _deliver(claimed, request_id)


async def _wait_for(task: asyncio.Task[None]) -> None:
    """Wait until it is done, or the caller has waited long enough: then it goes on without the caller.

    Where this process ends first, the message counts as unknown after a while, as any whose outcome nobody saw.
    """
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    done, _ = await asyncio.wait({task}, timeout=ANSWERED_AFTER_S)
    if done:
        task.result()
    else:
        task.add_done_callback(_log_fault)


def _log_fault(task: asyncio.Task[None]) -> None:
    fault = None if task.cancelled() else task.exception()
    if fault is not None:
        log().error("message_failed", exc_info=fault)


async def deliver_due(*, request_id: str, for_s: float) -> Delivered:
    """Send what waits, until nothing may go now or the time is over; several workers share the work."""
    until = time.monotonic() + for_s
    async with service_tx(request_id=request_id) as tx:
        await channels.resume_cooled_channels(tx)
        await queries.forget_sending(tx, older_than_s=settings().graph_timeout_s * 2 + 20)
        repeated = await queries.requeue_unknown(tx, after_s=UNKNOWN_FOR_S)
    taken = 0
    counts: Counter[str] = Counter()
    on_their_way: set[asyncio.Task[str]] = set()
    try:
        while True:
            for due in await _take(request_id, AT_ONCE - len(on_their_way), until):
                on_their_way.add(asyncio.create_task(_deliver(due, request_id)))
                taken += 1
            if not on_their_way:
                return Delivered(taken, counts["accepted"], repeated, counts["set_aside"])
            done, on_their_way = await asyncio.wait(on_their_way, timeout=AHEAD_S / 2)
            counts.update(_results(done))
    finally:
        await asyncio.gather(*on_their_way, return_exceptions=True)


def _results(done: Iterable[asyncio.Task[str]]) -> list[str]:
    """Return the outcomes; log every failure when several deliveries fail together, and raise one of them."""
    faults = [fault for task in done if (fault := task.exception()) is not None]
    for fault in faults[1:]:
        log().error("message_failed", exc_info=fault)
    if faults:
        raise faults[0]
    return [task.result() for task in done]


async def _take(request_id: str, limit: int, until: float) -> list[ClaimedDue]:
    if not limit or time.monotonic() >= until:
        return []
    async with service_tx(request_id=request_id) as tx:
        return await queries.take_due(tx, message_id=None, limit=limit, ahead_s=AHEAD_S)


async def _deliver(claimed: ClaimedDue, request_id: str) -> str:
    """Return accepted, refused or set_aside; whatever is wrong with one message is that one's alone."""
    due = set_aside.decoded(claimed.row, Due)
    if isinstance(due, Fault):
        return await outcomes.set_message_aside(claimed, due, request_id, was_called=False)
    outcome = await set_aside.attempt(partial(transmission.transmit, due, request_id))
    if isinstance(outcome, Fault):
        return await outcomes.set_message_aside(claimed, outcome, request_id, was_called=False)
    recorded = await set_aside.attempt(partial(outcomes.record, due, request_id, outcome))
    if recorded is not None:
        return await outcomes.set_message_aside(claimed, recorded, request_id, was_called=True)
    return "accepted" if outcome.sent else "refused"
