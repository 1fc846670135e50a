"""Counters of this process, also while the shared store answers: without the store, counting goes on from them."""

import time
from collections.abc import Sequence
from math import floor

from shared.runtime.settings import settings

from .models import Charged, Counter, Slot, Window

_FEW = 10_000
"""So many counters are kept before those that have ended are deleted."""


class LocalCounters:
    """Counters in a dictionary.

    The library's storage in memory is too slow for this: it looks through all keys at every call.
    """

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._sweep_from = _FEW

    def values(self, slot: Slot) -> tuple[int, int]:
        """Return the counts of the previous and of the current window, 0 where they have ended."""
        previous, current = self._counts.get(slot.previous), self._counts.get(slot.current)
        if previous is None and current is None:
            return 0, 0
        now = time.monotonic()
        return (
            previous[0] if previous and previous[1] > now else 0,
            current[0] if current and current[1] > now else 0,
        )

    def add(self, key: str, window_s: int, amount: int) -> int:
        """Add to one counter and return its value."""
        now = time.monotonic()
        count, ends = self._counts.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + window_s
        count += amount
        self._counts[key] = (count, ends)
        if len(self._counts) > self._sweep_from:
            self._counts = {key: value for key, value in self._counts.items() if value[1] > now}
            self._sweep_from = max(_FEW, 2 * len(self._counts))
        return count

    def add_all(self, counters: Sequence[Counter]) -> list[int]:
        """Add to the counters in their order, up to the first that passes its limit."""
        values = []
        for counter in counters:
            values.append(self.add(counter.key, counter.window_s, counter.amount))
            if counter.limit is not None and values[-1] > counter.limit:
                break
        return values

    def charge(self, window: Window, slot: Slot) -> Charged:
        """Count in a sliding window, with this process's share of its limit."""
        previous, current = self.values(slot)
        share = max(1, window.limit // settings().processes)
        taken = floor(previous * slot.left_s / window.length_s + current) + window.amount <= share
        today = None
        if taken:
            current = self.add(slot.current, 2 * window.length_s, window.amount)
            today = self.add(window.day.key, window.day.window_s, window.day.amount) if window.day else None
        current_left_s = slot.left_s + window.length_s
        return Charged(taken, share, previous, slot.left_s, current, current_left_s, today, degraded=True)
