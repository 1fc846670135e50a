"""The shared store: counters that every process sees; while it is away each process counts for itself."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from valkey.asyncio import ConnectionPool, Valkey

from .log import log
from .settings import settings

_RETRY_STORE_S = 1.0
_PREFIX = "nexus"
_LONG_S = 3600
_FEW = 10_000
"""Counters that may lie about before those that have ended are swept away."""


class Counter(NamedTuple):
    key: str
    window_s: int
    amount: int = 1


class Counts(NamedTuple):
    """The values after counting; `degraded` says that only this process counted them."""

    values: list[int]
    degraded: bool


class _OwnCounters:
    """What this process has counted, also while the store was there: a fallback goes on from it."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._sweep_from = _FEW

    def add(self, counter: Counter) -> int:
        now = time.monotonic()
        count, ends = self._counts.get(counter.key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + counter.window_s
        self._counts[counter.key] = (count + counter.amount, ends)
        if len(self._counts) > self._sweep_from:
            self._counts = {key: value for key, value in self._counts.items() if value[1] > now}
            self._sweep_from = max(_FEW, 2 * len(self._counts))
        return count + counter.amount


class Store:
    """Counters of one event loop's connection to the store."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._connections = ConnectionPool.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
        self._shared = RedisStorage(
            "async+" + url.replace("unix://", "valkey+unix://", 1),
            implementation="valkey",
            wrap_exceptions=True,
            key_prefix=_PREFIX,
            connection_pool=cast("Any", self._connections),  # limits declares less than it takes
        )
        self._own = _OwnCounters()
        self._owed: dict[str, tuple[int, int]] = {}
        self._away_until = 0.0
        self._timeout_s = timeout_s

    async def add(self, *counters: Counter) -> Counts:
        """Add to the counters, side by side: one round trip's time."""
        own = [self._own.add(counter) for counter in counters]
        started = time.monotonic()
        if started < self._away_until:
            self._owe(counters)
            return Counts(own, degraded=True)
        due = [self._with_debt(each) for each in counters]
        try:
            shared = await asyncio.wait_for(self._add(due), self._timeout_s)
        except TimeoutError as fault:
            # Sent, and most likely counted. Where our own timer came late, this process is busy, not the store away.
            if time.monotonic() - started < 2 * self._timeout_s:
                self._leave(fault)
        except StorageError as fault:
            self._owe(due)
            self._leave(fault)
        else:
            # The store knows nothing of what was counted while it was away.
            return Counts(list(map(max, shared, own)), degraded=False)
        return Counts(own, degraded=True)

    async def listed(self, prefix: str) -> dict[str, int]:
        """The shared counters whose keys begin so.

        Raises:
            valkey.exceptions.ValkeyError: when the store is away.
        """
        for key, (window_s, _) in list(self._owed.items()):
            await self.add(Counter(key, window_s, amount=0))
        client = Valkey(connection_pool=self._connections)
        keys = [key async for key in client.scan_iter(match=f"{_PREFIX}:{prefix}*", count=1000)]
        values = await client.mget(keys) if keys else []
        return {
            key.decode().removeprefix(f"{_PREFIX}:"): int(value)
            for key, value in zip(keys, values, strict=True)
            if value is not None
        }

    async def close(self) -> None:
        await self._connections.disconnect()

    def _leave(self, fault: Exception) -> None:
        self._away_until = time.monotonic() + _RETRY_STORE_S
        log().warning("store_away", fault=repr(fault))

    def _owe(self, counters: Sequence[Counter]) -> None:
        """Keep what the store was not told; of short windows nothing is left to tell when it is back."""
        for each in counters:
            if each.window_s >= _LONG_S and len(self._owed) < _FEW:
                self._owed[each.key] = (each.window_s, self._owed.get(each.key, (0, 0))[1] + each.amount)

    def _with_debt(self, counter: Counter) -> Counter:
        return counter._replace(amount=counter.amount + self._owed.pop(counter.key, (0, 0))[1])

    async def _add(self, counters: Sequence[Counter]) -> list[int]:
        add = self._shared.incr
        if len(counters) == 1:
            return [await add(counters[0].key, counters[0].window_s, amount=counters[0].amount)]
        return await asyncio.gather(*(add(each.key, each.window_s, amount=each.amount) for each in counters))


_stores: WeakKeyDictionary[asyncio.AbstractEventLoop, Store] = WeakKeyDictionary()


def store() -> Store:
    loop = asyncio.get_running_loop()
    found = _stores.get(loop)
    if found is None:
        found = _stores[loop] = Store(settings().store_url.get_secret_value(), settings().store_timeout_s)
    return found


async def close() -> None:
    """Close this event loop's store; a function that is called again connects anew."""
    found = _stores.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
