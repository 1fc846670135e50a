"""The job that reads stored bodies in batches: together, or after a fault, every event alone."""

import time
from collections.abc import Sequence
from functools import partial

from shared.runtime import set_aside
from shared.runtime.log import log
from shared.runtime.set_aside import Fault
from shared.tenancy.transactions import service_statements, service_tx

from . import queries
from .models import DoneBody, Processed, SetAsideEvent, WaitingBody
from .reader import QUEUE, Reader
from .writer import META

BATCH = 100
AGAIN = 20
LEASE_S = 5
"""The time that a worker has to lock its bodies; a dead worker's locks end at once, and another worker takes over."""
ALONE_S = 60
"""The time that a worker has to read bodies without a lock."""


async def process(*, request_id: str, for_s: float) -> Processed:
    """Read bodies until none waits or the time is over; several workers may run at once and hold different bodies."""
    until = time.monotonic() + for_s
    reader = Reader(request_id)
    done: list[DoneBody] = []
    retried = 0
    while time.monotonic() < until:
        read = [*await _read_new(reader, request_id), *await _read_left(reader, request_id)]
        tried, succeeded = await _retry(reader, request_id)
        done += read
        retried += succeeded
        if not read and not tried:
            break
    events, unrouted = sum(body.events for body in done), sum(body.unrouted for body in done)
    return Processed(len(done), events, unrouted, reader.set_aside, retried)


async def _read_new(reader: Reader, request_id: str) -> list[DoneBody]:
    async with service_statements(request_id=request_id) as tx:
        waiting = await queries.claim_bodies(tx, source=META, limit=BATCH, lease_s=LEASE_S)
    return await _read(reader, waiting, request_id) if waiting else []


async def _read(reader: Reader, waiting: Sequence[WaitingBody], request_id: str) -> list[DoneBody]:
    read = await set_aside.attempt(partial(reader.read_together, waiting))
    if not isinstance(read, Fault):
        return read
    # The batch was rolled back. Reading each event alone shows the faulty one.
    log().warning("webhooks_read_alone", bodies=len(waiting), fault=read.text)
    async with service_statements(request_id=request_id) as tx:
        await queries.hold_bodies(tx, body_ids=[body.id for body in waiting], lease_s=ALONE_S)
    return [done for body in waiting if (done := await reader.read_alone(body))]


async def _read_left(reader: Reader, request_id: str) -> list[DoneBody]:
    async with service_statements(request_id=request_id) as tx:
        left = await queries.claim_left_body(tx, source=META)
    done = await reader.read_alone(left) if left else None
    return [done] if done else []


async def _retry(reader: Reader, request_id: str) -> tuple[int, int]:
    """Retry due events that were set aside; return the numbers of due ones and of those that are done now."""
    async with service_tx(request_id=request_id) as tx:
        pieces = await set_aside.claim(tx, queue=QUEUE, limit=AGAIN)
        bodies = await queries.list_bodies(tx, body_ids=[piece.inbox_id for piece in pieces]) if pieces else []
    kept = {body.id: body for body in bodies}
    due = [
        SetAsideEvent(piece.organization_id, piece.subject, body.body, body.received_at)
        for piece in pieces
        if (body := kept.get(piece.inbox_id))
    ]
    return len(due), sum([await reader.retry(event) for event in due])
