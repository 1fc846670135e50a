"""Deleting what is past its time, batch by batch until nothing is left; one table's fault is its own."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

from shared.runtime.postgres.transaction import Tx

from . import set_aside
from .log import log
from .set_aside import Fault

Delete = Callable[[Tx], Awaitable[int]]
Begin = Callable[[], AbstractAsyncContextManager[Tx]]


async def purge(deletes: Mapping[str, Delete], begin: Begin, *, for_s: float) -> dict[str, int]:
    """How many rows of each went. What a table leaves of its share of the time is the others'."""
    until = time.monotonic() + for_s
    counts: dict[str, int] = {}
    for place, (name, delete) in enumerate(deletes.items()):
        now = time.monotonic()
        share = now + (until - now) / (len(deletes) - place)
        counts[name] = await _emptied(name, delete, begin, until=share)
    return counts


async def _emptied(name: str, delete: Delete, begin: Begin, *, until: float) -> int:
    gone = 0
    while True:
        batch = await set_aside.attempt(partial(_batch, delete, begin))
        if isinstance(batch, Fault):
            log().error("purge_failed", table=name, error=batch.code, fault=batch.text)
            return gone
        gone += batch
        if not batch or time.monotonic() >= until:
            return gone


async def _batch(delete: Delete, begin: Begin) -> int:
    async with begin() as tx:
        return await delete(tx)
