"""Counters in a Valkey or Redis server, which scripts change in one step."""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from typing import Any

import msgspec

from .connection import Connection, Part, StoreRefused, address_of, connect
from .models import Charged, Counter, Slot, Window

_PREFIX = "nexus"
_SCANNED = 1000
"""The number of keys that one step of a scan reads."""


class _Script(msgspec.Struct, frozen=True):
    text: str
    digest: str


def _script(text: str) -> _Script:
    return _Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_ADD = _script("""
local values = {}
for index, key in ipairs(KEYS) do
  local amount, window, limit = ARGV[3 * index - 2], ARGV[3 * index - 1], ARGV[3 * index]
  local count = redis.call('INCRBY', key, amount)
  if count == tonumber(amount) then redis.call('EXPIRE', key, window) end
  values[index] = count
  if limit ~= '' and count > tonumber(limit) then break end
end
return values
""")
"""Add to counters in their order; stop after one that passes its limit."""

_CHARGE = _script("""
local amount, limit, length, left = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] / 1000
local stored = redis.call('MGET', KEYS[1], KEYS[2])
local previous = math.max(tonumber(stored[1] or 0), tonumber(ARGV[5]))
local current = math.max(tonumber(stored[2] or 0), tonumber(ARGV[6]))
if math.floor(previous * left / length + current) + amount > limit then return {0, previous, current, false} end
if redis.call('INCRBY', KEYS[2], amount) == amount then redis.call('EXPIRE', KEYS[2], 2 * length) end
if not KEYS[3] then return {1, previous, current + amount, false} end
local today = redis.call('INCRBY', KEYS[3], ARGV[7])
if today == tonumber(ARGV[7]) then redis.call('EXPIRE', KEYS[3], ARGV[8]) end
return {1, previous, current + amount, today}
""")
"""Decide as the library's sliding window counter does; if the window takes the calls, add to it and to the day."""

_RESTORE = _script("""
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > count then
  count = redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return count
""")
"""Restore a count once: one that is above the stored value contains it, or may."""

_RAISE = _script("""
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) <= count then return count end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return tonumber(ARGV[1])
""")


class ServerCounters:
    """The counters of one event loop, over one connection, which opens at first use and again after it broke."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._address = address_of(url)
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None

    async def add(self, counters: Sequence[Counter]) -> list[int]:
        """Add to the counters in their order, up to the first that passes its limit, in one round trip."""
        arguments: list[Part] = []
        for counter in counters:
            arguments += (counter.amount, counter.window_s, "" if counter.limit is None else counter.limit)
        values: list[int] = await self._run(_ADD, [counter.key for counter in counters], arguments)
        return values

    async def charge(self, window: Window, slot: Slot, counted: tuple[int, int]) -> Charged:
        """Count in a sliding window and in its day, in one round trip."""
        day, left_s = window.day, slot.left_s
        keys = [slot.previous, slot.current]
        arguments: list[Part] = [window.amount, window.limit, window.length_s, slot.left_ms, *counted]
        if day is not None:
            keys.append(day.key)
            arguments += (day.amount, day.window_s)
        taken, previous, current, today = await self._run(_CHARGE, keys, arguments)
        is_new = day is not None and today == day.amount
        return Charged(
            taken == 1, window.limit, previous, left_s, current, left_s + window.length_s, today, is_new=is_new
        )

    async def list_keys(self, prefix: str) -> list[str]:
        """Return the keys with that prefix."""
        keys: set[bytes] = set()
        cursor: bytes = b"0"
        while True:
            cursor, found = await self.send("SCAN", cursor, "MATCH", f"{_PREFIX}:{prefix}*", "COUNT", _SCANNED)
            keys.update(found)
            if cursor == b"0":
                return [key.decode().removeprefix(f"{_PREFIX}:") for key in sorted(keys)]

    async def find_values(self, keys: Sequence[str]) -> dict[str, int]:
        """Return the counters that exist."""
        values = await self.send("MGET", *(f"{_PREFIX}:{key}" for key in keys)) if keys else []
        return {key: int(value) for key, value in zip(keys, values, strict=True) if value is not None}

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add the kept value to a lost counter, once, and return its value."""
        return int(await self._run(_RESTORE, [counter.key], [kept, counter.window_s]))

    async def raise_to(self, counter: Counter, least: int) -> int:
        """Raise a counter to `least` if it is below, and return its value."""
        return int(await self._run(_RAISE, [counter.key], [least, counter.window_s]))

    def send(self, *command: Part) -> Awaitable[Any]:
        """Send a command of the protocol, over a new connection if there is none.

        Raises, when awaited:
            StoreError, TimeoutError: as the connection does.
        """
        if self._connection is not None and self._connection.is_open:
            return self._connection.send(*command)
        return self._send_anew(*command)

    def leave(self) -> None:
        """Close the connection: the next one may reach another server, which answers or accepts writes."""
        if self._connection is not None:
            self._connection.close()

    async def close(self) -> None:
        """Close the connection, also while it is being opened."""
        if self._connecting is not None:
            self._connecting.cancel()
        self.leave()

    async def _run(self, script: _Script, keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        values = [len(keys), *[f"{_PREFIX}:{key}" for key in keys], *arguments]
        try:
            return await self.send("EVALSHA", script.digest, *values)
        except StoreRefused as refused:
            if not str(refused).startswith("NOSCRIPT"):
                raise
            return await self.send("EVAL", script.text, *values)

    async def _send_anew(self, *command: Part) -> Any:
        return await (await self._connected()).send(*command)

    async def _connected(self) -> Connection:
        """Wait for the new connection, which all callers share; a caller that is cancelled does not cancel it."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(connect(self._address, self._timeout_s))
            self._connecting.add_done_callback(self._keep)
        return await asyncio.shield(self._connecting)

    def _keep(self, connecting: asyncio.Task[Connection]) -> None:
        self._connecting = None
        if not connecting.cancelled() and connecting.exception() is None:
            self._connection = connecting.result()
