"""The shared store: counters that every process sees; while it is away each process counts for itself."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from limits.aio.storage import MemoryStorage, RedisStorage
from limits.errors import StorageError
from valkey.asyncio import ConnectionPool, Valkey

from .log import log
from .settings import settings

_RETRY_STORE_S = 1.0
_PREFIX = "nexus"


class Counter(NamedTuple):
    key: str
    window_s: int
    amount: int = 1


class Counts(NamedTuple):
    """The values after counting; `degraded` says that only this process counted them."""

    values: list[int]
    degraded: bool


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
        self._own = MemoryStorage()
        self._away_until = 0.0
        self._timeout_s = timeout_s

    async def add(self, *counters: Counter) -> Counts:
        """Add to the counters, side by side: one round trip's time."""
        if time.monotonic() >= self._away_until:
            try:
                return Counts(
                    await asyncio.wait_for(self._add(self._shared, counters), self._timeout_s), degraded=False
                )
            except (StorageError, TimeoutError) as fault:
                self._away_until = time.monotonic() + _RETRY_STORE_S
                log().warning("store_away", fault=repr(fault))
        return Counts(await self._add(self._own, counters), degraded=True)

    async def read(self, key: str) -> int:
        try:
            return await asyncio.wait_for(self._shared.get(key), self._timeout_s)
        except (StorageError, TimeoutError):
            return await self._own.get(key)

    async def listed(self, prefix: str) -> dict[str, int]:
        """The shared counters whose keys begin so.

        Raises:
            valkey.exceptions.ValkeyError: when the store is away.
        """
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

    @staticmethod
    async def _add(storage: MemoryStorage | RedisStorage, counters: Sequence[Counter]) -> list[int]:
        if len(counters) == 1:
            return [await storage.incr(counters[0].key, counters[0].window_s, amount=counters[0].amount)]
        return await asyncio.gather(*(storage.incr(each.key, each.window_s, amount=each.amount) for each in counters))


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
