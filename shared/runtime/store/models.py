"""Counters and sliding windows of the store, and the results of counting."""

from collections.abc import Sequence
from math import floor
from typing import NamedTuple, Protocol

import msgspec


class Counter(msgspec.Struct, frozen=True):
    """A counter that ends `window_s` after its first count."""

    key: str
    window_s: int
    amount: int = 1
    limit: int | None = None
    """Above it, the counters after this one are not counted."""


class Counts(NamedTuple):
    """The values after counting, up to the first above its limit; `degraded` if only this process counted them."""

    values: list[int]
    degraded: bool
    is_new: bool = False
    """Whether the last counter is new in the shared store: nobody has counted it, or the store has lost it."""


class Window(msgspec.Struct, frozen=True):
    """Calls to count in a sliding window, and in the counter of a day if the window takes them."""

    key: str
    limit: int
    length_s: int
    amount: int
    day: Counter | None


class Charged(msgspec.Struct, frozen=True):
    """A sliding window after counting; `today` is the day's counter, None if the window took nothing."""

    taken: bool
    limit: int
    previous: int
    previous_left_s: float
    current: int
    current_left_s: float
    """The time until it no longer counts: one length of the window after its end."""
    today: int | None
    degraded: bool = False
    is_new: bool = False
    """Whether the day's counter is new in the shared store."""

    def remaining(self, length_s: int) -> int:
        """Return how many calls the window still takes, weighed as the library's sliding window counter does."""
        return max(0, self.limit - floor(self.previous * self.previous_left_s / length_s + self.current))


class Slot(msgspec.Struct, frozen=True):
    """The position of a moment in its window of the clock: the keys of this window and of the last, the time left."""

    current: str
    previous: str
    left_ms: int
    """In whole milliseconds, because a fraction costs more to write than the rest of a charge."""

    @property
    def left_s(self) -> float:
        return self.left_ms / 1000


def slot_of(key: str, length_s: int, now: float) -> Slot:
    """Return the slot of `now` in the windows of a key."""
    number = int(now // length_s)
    return Slot(f"{key}:{number}", f"{key}:{number - 1}", (number + 1) * length_s * 1000 - int(now * 1000))


class SharedCounters(Protocol):
    """The work of a server, or of a storage of the `limits` library, for the store.

    Every method raises StoreError if nothing was counted, and TimeoutError if something may have been.
    """

    async def add(self, counters: Sequence[Counter]) -> list[int]:
        """Add to the counters in their order, up to the first that passes its limit."""

    async def charge(self, window: Window, slot: Slot, counted: tuple[int, int]) -> Charged:
        """Count in a window; `counted` are the least values of the previous and the current one."""

    async def list_keys(self, prefix: str) -> list[str] | None:
        """Return the keys with that prefix, or None if keys cannot be listed."""

    async def find_values(self, keys: Sequence[str]) -> dict[str, int]:
        """Return the counters that exist."""

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add the kept value to a lost counter, once, and return its value."""

    async def raise_to(self, counter: Counter, least: int) -> int:
        """Raise a counter to `least` if it is below, and return its value."""

    def leave(self) -> None:
        """Leave a connection that has failed."""

    async def close(self) -> None:
        """Close the connections."""
