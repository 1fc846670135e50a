"""The schema cache as a process keeps it: loaded once at first use, served until a newer one is there."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Cache = TypeVar("_Cache")


class CacheHolder(Generic[_Cache]):
    """`most_age_s` is for a process that is told of no change: an older cache is read again, beside the requests."""

    def __init__(self, load: Callable[[], Awaitable[_Cache]], *, most_age_s: float = math.inf) -> None:
        self._load = load
        self._most_age_s = most_age_s
        self._read_at = 0.0
        self._cache: _Cache | None = None
        self._loading: asyncio.Task[_Cache] | None = None
        self._outdated = False

    async def current(self) -> _Cache:
        """What is there, although a newer one may be on its way.

        Raises:
            Whatever the first load does; the next call tries again.
        """
        if self._cache is None:
            return await self._shared()
        if time.monotonic() - self._read_at > self._most_age_s:
            self._read_at = time.monotonic()
            self._start()
        return self._cache

    async def reload(self) -> _Cache:
        """A cache that was read after this call. Who asks while one is being read shares the one after that."""
        self._outdated = True
        return await self._shared()

    async def _shared(self) -> _Cache:
        # A request that is given up must not stop the load that others wait for.
        return await asyncio.shield(self._start())

    def _start(self) -> asyncio.Task[_Cache]:
        """The load under way, or a new one."""
        if self._loading is None or self._loading.done():
            self._outdated = True
            self._loading = asyncio.create_task(self._read())
            # Where nobody waits for it, its fault is nobody's either: the old cache is served and the next load tries.
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
