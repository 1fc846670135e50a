"""The shared store as a storage of the `limits` library: a charge takes one round trip, with the day's count."""

from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport

from shared.runtime.store.client import store
from shared.runtime.store.connection import StoreError
from shared.runtime.store.models import Charged, Counter, Window


class Charge(str):
    """A window's key with the day to count and the result of counting, because the library passes keys only."""

    __slots__ = ("charged", "day")

    day: Counter | None
    charged: Charged
    """Set by the storage after counting."""


class StoreStorage(SlidingWindowCounterSupport, Storage):
    """Sliding windows over the event loop's store, which falls back on this process's own counters.

    It supports sliding windows only, and its counters expire by themselves: other calls of the library raise. With its
    bases in this order, the library wraps a call once; in the other order it does so twice.
    """

    STORAGE_SCHEME = ["async+nexus"]  # noqa: RUF012  as the library declares it

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what the library may wrap."""
        return StoreError

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count in the window, and in the day of a `Charge`; return whether the window took it."""
        if not isinstance(key, Charge):
            return (await store().charge(Window(key, limit, expiry, amount, None))).taken
        key.charged = charged = await store().charge(Window(key, limit, expiry, amount, key.day))
        return charged.taken

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return count and time left of the previous and the current window: of a `Charge` as it was counted."""
        charged = key.charged if isinstance(key, Charge) else await store().charge(Window(key, 0, expiry, 0, None))
        return charged.previous, charged.previous_left_s, charged.current, charged.current_left_s

    async def check(self) -> bool:
        """Return whether the shared store answers."""
        return not (await store().add(Counter("check", 1, 0))).degraded

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        raise NotImplementedError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    async def get(self, key: str) -> int:
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        raise NotImplementedError

    async def reset(self) -> int | None:
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        raise NotImplementedError
