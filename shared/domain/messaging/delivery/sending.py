"""Workers that take queued messages, send them to the channel and record the outcomes."""

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
from .models import ClaimedMessage, Delivered, DueMessage, SentMessage

AT_ONCE = 64
"""The most messages that are being sent, or that have a time slot within moments."""
AHEAD_S = 0.25
"""How far ahead slots are taken; the next are taken after half of this time, so that a full queue leaves no gap."""
AHEAD_FOR_ONE_S = 0.5
"""How far ahead a waiting request takes a slot: farther than the queue, so that its message is next."""
ANSWERED_AFTER_S = 5.0
"""The latest time of the answer to a request; the message may still be under way then."""
UNKNOWN_FOR_S = 600
"""How long to wait for the status webhook before the only retry."""
_unfinished: set[asyncio.Task[None]] = set()


async def deliver_now(message_id: UUID, *, request_id: str) -> SentMessage:
    """Send the message if it is due and a slot is free; return its state in any case."""
    async with service_tx(request_id=request_id) as tx:
        taken = await queries.take_due(tx, message_id=message_id, limit=1, ahead_s=AHEAD_FOR_ONE_S)
    if taken:
        await _wait_for(asyncio.create_task(_deliver_all(taken, request_id)))
    async with service_tx(request_id=request_id, read_only=True) as tx:
        return await queries.find_message(tx, message_id=message_id)


async def _deliver_all(taken: Iterable[ClaimedMessage], request_id: str) -> None:
    with database_time(None):  # The outcome is written after any time, without the caller's deadline.
        for claimed in taken:
            await _deliver(claimed, request_id)


async def _wait_for(task: asyncio.Task[None]) -> None:
    """Wait for the task, or for the caller's longest time: then the task continues without the caller.

    If this process ends before the task, the message counts as unknown after a while.
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
    """Send due messages until none is left or the time is over; several workers share the work."""
    until = time.monotonic() + for_s
    async with service_tx(request_id=request_id) as tx:
        await channels.resume_cooled_channels(tx)
        await queries.forget_sending(tx, older_than_s=settings().graph_timeout_s * 2 + 20)
        repeated = await queries.requeue_unknown(tx, after_s=UNKNOWN_FOR_S)
    taken = 0
    counts: Counter[str] = Counter()
    running: set[asyncio.Task[str]] = set()
    try:
        while True:
            for due in await _take(request_id, AT_ONCE - len(running), until):
                running.add(asyncio.create_task(_deliver(due, request_id)))
                taken += 1
            if not running:
                return Delivered(taken, counts["accepted"], repeated, counts["set_aside"])
            done, running = await asyncio.wait(running, timeout=AHEAD_S / 2)
            counts.update(_results(done))
    finally:
        await asyncio.gather(*running, return_exceptions=True)


def _results(done: Iterable[asyncio.Task[str]]) -> list[str]:
    """Return the outcomes; log every failure when several deliveries fail together, and raise one of them."""
    faults = [fault for task in done if (fault := task.exception()) is not None]
    for fault in faults[1:]:
        log().error("message_failed", exc_info=fault)
    if faults:
        raise faults[0]
    return [task.result() for task in done]


async def _take(request_id: str, limit: int, until: float) -> list[ClaimedMessage]:
    if not limit or time.monotonic() >= until:
        return []
    async with service_tx(request_id=request_id) as tx:
        return await queries.take_due(tx, message_id=None, limit=limit, ahead_s=AHEAD_S)


async def _deliver(claimed: ClaimedMessage, request_id: str) -> str:
    """Return accepted, refused or set_aside; a failure of one message affects no other."""
    due = set_aside.decoded(claimed.row, DueMessage)
    if isinstance(due, Fault):
        return await outcomes.set_message_aside(claimed, due, request_id, was_called=False)
    outcome = await set_aside.attempt(partial(transmission.transmit, due, request_id))
    if isinstance(outcome, Fault):
        return await outcomes.set_message_aside(claimed, outcome, request_id, was_called=False)
    recorded = await set_aside.attempt(partial(outcomes.record, due, request_id, outcome))
    if recorded is not None:
        return await outcomes.set_message_aside(claimed, recorded, request_id, was_called=True)
    return "accepted" if outcome.sent else "refused"
