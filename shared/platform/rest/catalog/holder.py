"""The schema cache of one process: loaded at first use, served until a newer one is loaded."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Cache = TypeVar("_Cache")


class CacheHolder(Generic[_Cache]):
    """A cache that is loaded at first use.

    `most_age_s` serves a process that gets no notice of a change: an older cache is loaded again in the background.
    """

    def __init__(self, load: Callable[[], Awaitable[_Cache]], *, most_age_s: float = math.inf) -> None:
        self._load = load
        self._most_age_s = most_age_s
        self._read_at = 0.0
        self._cache: _Cache | None = None
        self._loading: asyncio.Task[_Cache] | None = None
        self._outdated = False

    async def current(self) -> _Cache:
        """Return the present cache, although a newer one may be loading.

        Raises:
            Exception: whatever the first load raises; the next call tries again.
        """
        if self._cache is None:
            return await self._shared()
        if time.monotonic() - self._read_at > self._most_age_s:
            self._read_at = time.monotonic()
            self._start()
        return self._cache

    async def reload(self) -> _Cache:
        """Return a cache that was read after this call. Calls during a load share the load that follows it."""
        self._outdated = True
        return await self._shared()

    async def _shared(self) -> _Cache:
        # A cancelled request must not stop the load that others wait for.
        return await asyncio.shield(self._start())

    def _start(self) -> asyncio.Task[_Cache]:
        """Return the load that is under way, or start one."""
        if self._loading is None or self._loading.done():
            self._outdated = True
            self._loading = asyncio.create_task(self._read())
            # An error of a background load is ignored: the old cache is served, and the next load tries again.
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._loading

    async def _read(self) -> _Cache:
        while self._outdated:
            self._outdated = False
            self._cache = await self._load()
            self._read_at = time.monotonic()
        if self._cache is None:
            raise AssertionError("a load that neither answered nor raised")
        return self._cache
