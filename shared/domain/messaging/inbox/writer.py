"""The writer of webhook bodies: bodies that arrive during a write wait, and are written together.

Every body is durable when its own `keep` returns; concurrent bodies share one round trip and one commit.
"""

import asyncio
from weakref import WeakKeyDictionary

from shared.tenancy.transactions import service_statements

from . import queries
from .models import NewBody

META = "meta"
MOST_BYTES = 8 * 1_048_576
"""The most bytes of bodies that wait together; further bodies are written one by one."""


class _Writer:
    """The writer of one event loop: a running write, and the bodies for the next."""

    def __init__(self) -> None:
        self._gathered: list[NewBody] = []
        self._size = 0
        self._writing: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def keep(self, body: NewBody) -> None:
        if self._size + len(body.body) > MOST_BYTES:
            await _write([body])
            return
        self._gathered.append(body)
        self._size += len(body.body)
        if self._next is None:
            self._next = asyncio.create_task(self._write_next(self._writing))
        # A cancelled caller must not cancel the write of the others.
        await asyncio.shield(self._next)

    async def _write_next(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        bodies, self._gathered, self._size = self._gathered, [], 0
        self._writing, self._next = self._next, None
        await _write(bodies)


_writers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Writer] = WeakKeyDictionary()


async def keep(body: NewBody) -> None:
    """Write the body, which is durable after the return; a repeated body changes nothing."""
    writer = _writers.setdefault(asyncio.get_running_loop(), _Writer())
    await writer.keep(body)


async def _write(bodies: list[NewBody]) -> None:
    async with service_statements(request_id=bodies[0].request_id) as tx:
        await queries.insert_bodies(tx, bodies=bodies)
