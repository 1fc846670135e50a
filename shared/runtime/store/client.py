"""The shared store: counters that every process sees; while it is away each process counts for itself."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from shared.runtime.log import log
from shared.runtime.settings import settings

from .connection import Connection, Part, StoreError, StoreRefused, connect, place_of

_RETRY_STORE_S = 1.0
_PREFIX = "nexus"
_LONG_S = 3600
_SCANNED = 1000
"""Keys that one step of a scan looks at."""
_FEW = 10_000
"""Counters that may lie about before those that have ended are swept away."""


_ADD = """
local told = {}
for place, key in ipairs(KEYS) do
  local amount, window, limit = ARGV[3 * place - 2], ARGV[3 * place - 1], ARGV[3 * place]
  local count = redis.call('INCRBY', key, amount)
  if count == tonumber(amount) then redis.call('EXPIRE', key, window) end
  told[place] = count
  if limit ~= '' and count > tonumber(limit) then break end
end
return told
"""
"""Adds to counters in their order, as one step; one that passes its limit keeps those behind it from counting."""
_ADD_DIGEST = hashlib.sha1(_ADD.encode(), usedforsecurity=False).hexdigest()

_RESTORE = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > count then
  count = redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return count
"""
"""A count that has passed what was kept holds it already, or may: of several who restore it, one does."""


class Counter(NamedTuple):
    key: str
    window_s: int
    amount: int = 1
    limit: int | None = None
    """Past it the counters named after this one are left alone."""


class Counts(NamedTuple):
    """The values after counting, up to the first past its limit; `degraded`: this process alone counted them."""

    values: list[int]
    degraded: bool
    is_new: bool = False
    """Whether the shared store did not have the last of them before: nobody counted, or it has lost its counts."""


class _OwnCounters:
    """What this process has counted, also while the store was there: a fallback goes on from it."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._sweep_from = _FEW

    def add_all(self, counters: Sequence[Counter], now: float) -> list[int]:
        told = []
        for key, window_s, amount, limit in counters:
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + window_s
            count += amount
            self._counts[key] = (count, ends)
            told.append(count)
            if limit is not None and count > limit:
                break
        if len(self._counts) > self._sweep_from:
            self._counts = {key: value for key, value in self._counts.items() if value[1] > now}
            self._sweep_from = max(_FEW, 2 * len(self._counts))
        return told


class Store:
    """Counters of one event loop, which all go over one connection; it opens at first use, and again when it broke."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._place = place_of(url)
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None
        self._own = _OwnCounters()
        self._owed: dict[str, tuple[int, int]] = {}
        self._away_until = 0.0
        self._away_since: float | None = None

    async def add(self, *counters: Counter) -> Counts:
        """Add to the counters in their order, in one round trip."""
        now = time.monotonic()
        own = self._own.add_all(counters, now)
        if now < self._away_until:
            self._owe(counters[: len(own)])
            return Counts(own, degraded=True)
        due = [self._with_debt(each) for each in counters] if self._owed else counters
        try:
            shared = await self._add(due)
        except TimeoutError as fault:
            # Sent, and most likely counted.
            self._leave(fault)
        except StoreError as fault:
            self._owe(due[: len(own)])
            self._leave(fault)
        else:
            if self._away_since is not None:
                self._come_back()
            # The store knows nothing of what was counted while it was away.
            is_new = shared[-1] == due[len(shared) - 1].amount
            return Counts(list(map(max, shared, own)), degraded=False, is_new=is_new)
        return Counts(own, degraded=True)

    async def listed(self, prefix: str) -> dict[str, int]:
        """The shared counters whose keys begin so.

        Raises:
            StoreError, TimeoutError: when the store is away.
        """
        for key, (window_s, _) in list(self._owed.items()):
            await self.add(Counter(key, window_s, amount=0))
        keys = await self._scanned(f"{_PREFIX}:{prefix}*")
        values = await self._asked("MGET", *keys) if keys else []
        return {
            key.decode().removeprefix(f"{_PREFIX}:"): int(value)
            for key, value in zip(keys, values, strict=True)
            if value is not None
        }

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add to a shared counter that was lost what had been kept of it, once; this process has counted none of it.

        Raises:
            StoreError, TimeoutError: when the store is away.
        """
        key = f"{_PREFIX}:{counter.key}"
        return int(await self._asked("EVAL", _RESTORE, 1, key, kept, counter.window_s))

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    def _leave(self, fault: Exception) -> None:
        now = time.monotonic()
        if self._away_since is None:  # of all who waited, one tells
            self._away_since = now
            log().error("store_away", fault=repr(fault))
        self._away_until = now + _RETRY_STORE_S
        if self._connection is not None:
            self._connection.close()  # The next one may reach another server than this, which answers or takes writes.

    def _come_back(self) -> None:
        log().warning("store_back", away_s=round(time.monotonic() - (self._away_since or 0.0), 1))
        self._away_since = None

    def _owe(self, counters: Sequence[Counter]) -> None:
        """Keep what the store was not told; of short windows nothing is left to tell when it is back."""
        for each in counters:
            if each.window_s >= _LONG_S and len(self._owed) < _FEW:
                self._owed[each.key] = (each.window_s, self._owed.get(each.key, (0, 0))[1] + each.amount)

    def _with_debt(self, counter: Counter) -> Counter:
        return counter._replace(amount=counter.amount + self._owed.pop(counter.key, (0, 0))[1])

    async def _add(self, counters: Sequence[Counter]) -> list[int]:
        values: list[Part] = [len(counters), *[f"{_PREFIX}:{each.key}" for each in counters]]
        for _, window_s, amount, limit in counters:
            values += (amount, window_s, "" if limit is None else limit)
        counts: list[int]
        try:
            counts = await self._asked("EVALSHA", _ADD_DIGEST, *values)
        except StoreRefused as refused:
            if not str(refused).startswith("NOSCRIPT"):
                raise
            counts = await self._asked("EVAL", _ADD, *values)
        return counts

    async def _scanned(self, pattern: str) -> list[bytes]:
        keys: set[bytes] = set()
        cursor: bytes = b"0"
        while True:
            cursor, found = await self._asked("SCAN", cursor, "MATCH", pattern, "COUNT", _SCANNED)
            keys.update(found)
            if cursor == b"0":
                return sorted(keys)

    def _asked(self, *command: Part) -> Awaitable[Any]:
        if self._connection is not None and self._connection.is_open:
            return self._connection.send(*command)
        return self._asked_anew(*command)

    async def _asked_anew(self, *command: Part) -> Any:
        return await (await self._connected()).send(*command)

    async def _connected(self) -> Connection:
        """All who find no connection wait for the same one; a caller who goes away does not take it along."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(connect(self._place, self._timeout_s))
            self._connecting.add_done_callback(self._keep)
        return await asyncio.shield(self._connecting)

    def _keep(self, connecting: asyncio.Task[Connection]) -> None:
        self._connecting = None
        if not connecting.cancelled() and connecting.exception() is None:
            self._connection = connecting.result()


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
