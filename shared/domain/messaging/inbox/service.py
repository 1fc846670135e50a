"""Reading what was kept, in batches: together while nothing is wrong, else each event alone."""

import time
from collections.abc import Sequence
from functools import partial

from shared.runtime import set_aside
from shared.runtime.log import log
from shared.runtime.set_aside import Fault
from shared.tenancy.transactions import service_statements

from . import queries
from .keeping import META
from .models import DoneBody, Processed, WaitingBody
from .reading import Reading

BATCH = 100
AGAIN = 20
LEASE_S = 5
"""How long a worker has to lock what it took; one that dies lets go of its locks at once, and another takes over."""
ALONE_S = 60
"""How long it has where it reads without a lock."""


async def process(*, request_id: str, for_s: float) -> Processed:
    """Until nothing waits or the time is over. Several workers may run at once: each holds the bodies it reads."""
    until = time.monotonic() + for_s
    reading = Reading(request_id)
    done: list[DoneBody] = []
    retried = 0
    while time.monotonic() < until:
        read = [*await _fresh(reading, request_id), *await _left(reading, request_id)]
        tried, succeeded = await _again(reading, request_id)
        done += read
        retried += succeeded
        if not read and not tried:
            break
    events, unrouted = sum(each.events for each in done), sum(each.unrouted for each in done)
    return Processed(len(done), events, unrouted, reading.set_aside, retried)


async def _fresh(reading: Reading, request_id: str) -> list[DoneBody]:
    async with service_statements(request_id=request_id) as tx:
        waiting = await queries.claim_bodies(tx, source=META, limit=BATCH, lease_s=LEASE_S)
    return await _read(reading, waiting, request_id) if waiting else []


async def _read(reading: Reading, waiting: Sequence[WaitingBody], request_id: str) -> list[DoneBody]:
    read = await set_aside.attempt(partial(reading.together, waiting))
    if not isinstance(read, Fault):
        return read
    # Nothing of the batch was kept. The fault shows where each event is read alone.
    log().warning("webhooks_read_alone", bodies=len(waiting), fault=read.text)
    async with service_statements(request_id=request_id) as tx:
        await queries.hold_bodies(tx, body_ids=[each.id for each in waiting], lease_s=ALONE_S)
    return [done for each in waiting if (done := await reading.alone(each))]


async def _left(reading: Reading, request_id: str) -> list[DoneBody]:
    async with service_statements(request_id=request_id) as tx:
        left = await queries.claim_left_body(tx, source=META)
    done = await reading.alone(left) if left else None
    return [done] if done else []


async def _again(reading: Reading, request_id: str) -> tuple[int, int]:
    """How many that were set aside were due, and how many of them are done now."""
    async with service_statements(request_id=request_id) as tx:
        due = await queries.claim_set_aside(tx, limit=AGAIN)
    return len(due), sum([await reading.again(each) for each in due])
