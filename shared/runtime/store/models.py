"""Counters and sliding windows as the store's callers know them, and what comes of counting."""

from collections.abc import Sequence
from math import floor
from typing import NamedTuple, Protocol


class Counter(NamedTuple):
    """A number that is added to, and that ends `window_s` after it began."""

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


class Window(NamedTuple):
    """Calls to count in a sliding window, and in the counter of a day where the window takes them."""

    key: str
    limit: int
    length_s: int
    amount: int
    day: Counter | None
    share: int
    """The limit of this process while the shared store is away."""


class Charged(NamedTuple):
    """A sliding window after counting; `today` is the day's counter, None where the window took nothing."""

    taken: bool
    limit: int
    previous: int
    previous_left_s: float
    current: int
    current_left_s: float
    """Until it counts no more, which is one length of the window after its end."""
    today: int | None
    degraded: bool = False
    is_new: bool = False
    """Whether the shared store did not have the day's counter before."""

    def remaining(self, length_s: int) -> int:
        """Return how many calls the window still takes, weighed as the library's sliding window counter does."""
        return max(0, self.limit - floor(self.previous * self.previous_left_s / length_s + self.current))


class Slot(NamedTuple):
    """Where a moment lies in its window of the clock: the keys of this window and of the last, and the time left."""

    current: str
    previous: str
    left_s: float


def slot_of(key: str, length_s: int, now: float) -> Slot:
    """Return the slot of `now` in the windows of a key."""
    number = int(now // length_s)
    return Slot(f"{key}:{number}", f"{key}:{number - 1}", (number + 1) * length_s - now)


class SharedCounters(Protocol):
    """What a server or a storage of the `limits` library does for the store.

    Each method raises StoreError when nothing was counted, and TimeoutError when something may have been.
    """

    async def add(self, counters: Sequence[Counter]) -> list[int]:
        """Add to the counters in their order, up to the first that passes its limit."""

    async def charge(self, window: Window, slot: Slot, counted: tuple[int, int]) -> Charged:
        """Count in a window; `counted` are the least values of the previous and the current one."""

    async def list_keys(self, prefix: str) -> list[str] | None:
        """Return the keys that begin so, or None where the keys cannot be listed."""

    async def find_values(self, keys: Sequence[str]) -> dict[str, int]:
        """Return the counters that there are."""

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add what was kept of a lost counter, once, and return its value."""

    def leave(self) -> None:
        """Leave a connection that brought a fault."""

    async def close(self) -> None:
        """Close the connections."""
