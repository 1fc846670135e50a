"""The shared store: counters that all processes see; while it is away, every process counts for itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from msgspec.structs import replace

from shared.runtime.log import log
from shared.runtime.settings import settings

from .connection import StoreError
from .library import SCHEMES, LibraryCounters
from .local import LocalCounters
from .models import Charged, Counter, Counts, SharedCounters, Slot, Window, slot_of
from .server import ServerCounters

_RETRY_STORE_S = 1.0
_LONG_S = 3600
_MOST_OWED = 10_000


class Store:
    """The counters of one event loop: shared ones; without them local ones, and what these owe to the shared ones."""

    def __init__(self, url: str, timeout_s: float) -> None:
        kind = LibraryCounters if url.startswith(SCHEMES) else ServerCounters
        self._shared: SharedCounters = kind(url, timeout_s)
        self._own = LocalCounters()
        self._owed: dict[str, tuple[int, int]] = {}
        self._away_until = 0.0
        self._away_since: float | None = None

    async def add(self, *counters: Counter) -> Counts:
        """Add to the counters in their order, in one round trip."""
        own = self._own.add_all(counters)
        if time.monotonic() < self._away_until:
            self._owe(counters[: len(own)])
            return Counts(own, degraded=True)
        due = [self._with_debt(counter) for counter in counters] if self._owed else counters
        try:
            shared = await self._shared.add(due)
        except TimeoutError as fault:
            # It was sent, and most likely counted.
            self._leave(fault)
        except StoreError as fault:
            self._owe(due[: len(own)])
            self._leave(fault)
        else:
            self._come_back()
            # The store does not have what was counted while it was away.
            is_new = shared[-1] == due[len(shared) - 1].amount
            return Counts(list(map(max, shared, own)), degraded=False, is_new=is_new)
        return Counts(own, degraded=True)

    async def charge(self, window: Window) -> Charged:
        """Count calls in a sliding window, and in the day if the window takes them, in one round trip."""
        day, slot = window.day, slot_of(window.key, window.length_s, time.time())
        if time.monotonic() < self._away_until:
            return self._charge_own(window, slot, is_owed=True)
        due = replace(window, day=self._with_debt(day)) if self._owed and day else window
        try:
            charged = await self._shared.charge(due, slot, self._own.values(slot))
        except TimeoutError as fault:
            self._leave(fault)
            return self._charge_own(window, slot, is_owed=False)
        except StoreError as fault:
            self._owe_again(due, window)
            self._leave(fault)
            return self._charge_own(window, slot, is_owed=True)
        self._come_back()
        if not charged.taken:
            self._owe_again(due, window)
            return charged
        self._own.add(slot.current, 2 * window.length_s, window.amount)
        own_today = self._own.add(day.key, day.window_s, day.amount) if day else 0
        return replace(charged, today=own_today) if own_today > (charged.today or 0) else charged

    async def list_counters(
        self, prefix: str, known: Callable[[], Awaitable[Iterable[str]]] | None = None
    ) -> dict[str, int]:
        """Return the shared counters with that prefix; `known` names the keys if the store cannot list them.

        Raises:
            StoreError, TimeoutError: when the store is away.
        """
        for key, (window_s, _) in list(self._owed.items()):
            await self.add(Counter(key, window_s, amount=0))
        keys = await self._shared.list_keys(prefix)
        if keys is None:
            keys = list(await known()) if known else []
        return await self._shared.find_values(keys)

    async def restore(self, counter: Counter, kept: int) -> int:
        """Add the kept value to a lost shared counter, once; this process has counted none of it.

        Raises:
            StoreError, TimeoutError: when the store is away.
        """
        return await self._shared.restore(counter, kept)

    async def raise_to(self, counter: Counter, least: int) -> int:
        """Raise a shared counter to `least` if it is below, and return its value.

        Raises:
            StoreError, TimeoutError: when the store is away.
        """
        return await self._shared.raise_to(counter, least)

    async def close(self) -> None:
        """Close the connections."""
        await self._shared.close()

    def _leave(self, fault: Exception) -> None:
        now = time.monotonic()
        if self._away_since is None:  # one of all waiting callers logs it
            self._away_since = now
            log().error("store_away", fault=repr(fault))
        self._away_until = now + _RETRY_STORE_S
        self._shared.leave()

    def _come_back(self) -> None:
        if self._away_since is not None:
            log().warning("store_back", away_s=round(time.monotonic() - self._away_since, 1))
            self._away_since = None

    def _charge_own(self, window: Window, slot: Slot, *, is_owed: bool) -> Charged:
        charged = self._own.charge(window, slot)
        if is_owed and charged.taken and window.day:
            self._owe([window.day])
        return charged

    def _owe(self, counters: Sequence[Counter]) -> None:
        """Keep what the store has not counted; short windows have ended when it is back."""
        for counter in counters:
            if counter.window_s >= _LONG_S and len(self._owed) < _MOST_OWED:
                owed = self._owed.get(counter.key, (0, 0))[1]
                self._owed[counter.key] = (counter.window_s, owed + counter.amount)

    def _owe_again(self, due: Window, window: Window) -> None:
        """Keep the debt that was sent with a window and not counted."""
        if due.day and window.day and due.day.amount != window.day.amount:
            self._owe([replace(due.day, amount=due.day.amount - window.day.amount)])

    def _with_debt(self, counter: Counter) -> Counter:
        return replace(counter, amount=counter.amount + self._owed.pop(counter.key, (0, 0))[1])


_stores: dict[asyncio.AbstractEventLoop, Store] = {}
"""By event loop. Weak keys would free no loop, because the connection of its store refers to it."""


def store() -> Store:
    """Return the event loop's store, which connects at first use."""
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
