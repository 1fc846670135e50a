"""The deletion of old rows, batch by batch; a fault of one table does not stop the others."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

from shared.runtime.postgres.transaction import Tx

from . import queries, set_aside
from .log import log
from .set_aside import Fault

Delete = Callable[[Tx], Awaitable[int]]
Begin = Callable[[], AbstractAsyncContextManager[Tx]]
DELETES: dict[str, Delete] = {
    "outbox": queries.delete_old_outbox,
    "set_aside": queries.delete_old_set_aside,
}
"""The tables of this room."""


async def purge(deletes: Mapping[str, Delete], begin: Begin, *, for_s: float) -> dict[str, int]:
    """Delete old rows until none is left or the time is over; return their numbers by table.

    Every table has an equal share of the time; what it does not need is left to the next ones.
    """
    until = time.monotonic() + for_s
    counts: dict[str, int] = {}
    for number, (name, delete) in enumerate(deletes.items()):
        now = time.monotonic()
        share = now + (until - now) / (len(deletes) - number)
        counts[name] = await _emptied(name, delete, begin, until=share)
    return counts


async def _emptied(name: str, delete: Delete, begin: Begin, *, until: float) -> int:
    deleted = 0
    while True:
        batch = await set_aside.attempt(partial(_batch, delete, begin))
        if isinstance(batch, Fault):
            log().error("purge_failed", table=name, error=batch.code, fault=batch.text)
            return deleted
        deleted += batch
        if not batch or time.monotonic() >= until:
            return deleted


async def _batch(delete: Delete, begin: Begin) -> int:
    async with begin() as tx:
        return await delete(tx)
