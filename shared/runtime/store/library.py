"""Counters in a storage of the `limits` library: memory, sentinel, cluster and others, by the scheme of their URL."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from .connection import StoreError
from .models import Charged, Counter, Slot, Window

SCHEMES = "async+"
"""The prefix of the library's asynchronous schemes."""
_RESTORE_S = 60
_Found = TypeVar("_Found")


class LibraryCounters:
    """Counters that need up to four round trips for a charge, and whose keys cannot be listed.

    A storage that has lost its windows begins them anew, whatever this process has counted.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        storage = storage_from_string(url, wrap_exceptions=True)
        if not isinstance(storage, Storage) or not isinstance(storage, SlidingWindowCounterSupport):
            raise ConfigurationError(f"NEXUS_STORE_URL: {url.partition(':')[0]} has no sliding windows")
        self._storage, self._windows = storage, storage
        self._timeout_s = timeout_s

    async def add(self, counters: Sequence[Counter]) -> list[int]:
        """Add to the counters in their order, up to the first that passes its limit, one round trip each."""
        values: list[int] = []
        for counter in counters:
            values.append(await self._answer(self._storage.incr(counter.key, counter.window_s, counter.amount)))
            if counter.limit is not None and values[-1] > counter.limit:
                break
        return values

    async def charge(self, window: Window, slot: Slot, counted: tuple[int, int]) -> Charged:  # noqa: ARG002
        """Count in a sliding window, and in its day if it takes the calls."""
        key, length_s, day = window.key, window.length_s, window.day
        taken = await self._answer(
            self._windows.acquire_sliding_window_entry(key, window.limit, length_s, window.amount)
        )
        today = await self._answer(self._storage.incr(day.key, day.window_s, day.amount)) if taken and day else None
        found = await self._answer(self._windows.get_sliding_window(key, length_s))
        return Charged(taken, window.limit, *found, today, is_new=day is not None and today == day.amount)

    async def list_keys(self, prefix: str) -> None:
        """Return None: a storage cannot list its keys."""

    async def find_values(self, keys: Sequence[str]) -> dict[str, int]:
        """Return the counters that are not zero."""
        values = await asyncio.gather(*(self._answer(self._storage.get(key)) for key in keys))
        return {key: value for key, value in zip(keys, values, strict=True) if value}

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add the kept value to a lost counter; only the first caller within a minute does."""
        value = await self._answer(self._storage.get(counter.key))
        if kept > value and await self._answer(self._storage.incr(f"restored:{counter.key}", _RESTORE_S)) == 1:
            value = await self._answer(self._storage.incr(counter.key, counter.window_s, kept))
        return value

    async def raise_to(self, counter: Counter, least: int) -> int:
        """Raise a counter to `least` if it is below; two callers at once may raise it twice."""
        value = await self._answer(self._storage.get(counter.key))
        if least > value:
            value = await self._answer(self._storage.incr(counter.key, counter.window_s, least - value))
        return value

    def leave(self) -> None:
        """Do nothing: the storage finds a new connection by itself."""

    async def close(self) -> None:
        """Close the connections of the storage's client, if it has one."""
        client: Any = getattr(getattr(self._storage, "bridge", None), "storage", None)
        if client is not None:
            await client.aclose()

    async def _answer(self, work: Awaitable[_Found]) -> _Found:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await work
        except StorageError as fault:
            raise StoreError(repr(fault.storage_error)) from fault
