"""Rate classes, counted in the shared store; the plan's daily API calls are counted in the same round trip.

A window is a whole minute of the clock: its counter tells remaining and reset without a second look. A counter never
falls within its window, so a window that is used up is remembered, and a flood is refused without asking the store.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from shared.kernel.clock import zone
from shared.kernel.counting import network_of
from shared.kernel.errors import RateLimited
from shared.runtime.settings import settings
from shared.runtime.shares import Lane
from shared.runtime.store.client import Counter, store
from shared.tenancy.principal import Principal

from . import days

_DAY_S = 86_400
_MOST_SPENT = 10_000


class RateClass(NamedTuple):
    name: str
    limit: int
    window_s: int = 60
    by_address: bool = False
    """Counted per network of the client's address instead of per user and organization."""
    lane: Lane = "ordinary"
    """Whose places the work takes where many ask at once."""


STANDARD = RateClass("standard", 100)
KEY_EXCHANGE = RateClass("agent-auth", 10, by_address=True, lane="access")
REGISTRATION = RateClass("agent-register", 20, window_s=3600, by_address=True, lane="access")
PUBLIC = RateClass("public", 300, by_address=True)
ACCOUNTS = PUBLIC._replace(lane="access")
"""Of people's accounts, before it is known which of them is called; counted with the public ones."""
WEBHOOK = RateClass("webhook", 500, by_address=True, lane="intake")
JOBS = RateClass("jobs", 6000, lane="background")
"""All jobs share it: several of them run every second."""
SIGN_UP = RateClass("auth-sign-up", 30, window_s=300, by_address=True, lane="access")
SIGN_IN = RateClass("auth-sign-in", 30, window_s=300, by_address=True, lane="access")
TOKEN_REFRESH = RateClass("auth-token-refresh", 150, window_s=300, by_address=True, lane="access")


class Usage(NamedTuple):
    """What is left of a rate class, and the organization's API calls of its day so far."""

    rate: RateClass
    limit: int
    remaining: int
    reset_s: int
    degraded: bool
    calls_today: int | None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy` as the IETF draft has them, as lists of items."""
        told = [
            (b"ratelimit-policy", f'"{self.rate.name}";q={self.limit};w={self.rate.window_s}'.encode()),
            (b"ratelimit", f'"{self.rate.name}";r={self.remaining};t={self.reset_s}'.encode()),
        ]
        if self.degraded:
            told.append((b"nexus-degraded", b"rate-limit"))
        return told


class RateExceeded(RateLimited):
    def __init__(self, usage: Usage) -> None:
        super().__init__(
            f"{usage.limit} requests in {usage.rate.window_s} seconds are allowed; wait {usage.reset_s} seconds",
            retry_after=usage.reset_s,
            limit=usage.limit,
            rate_class=usage.rate.name,
        )
        self.usage = usage


async def charge(rate: RateClass, principal: Principal, *, address: str, calls: int = 1) -> Usage:
    """Count calls against the class and against the organization's day.

    Raises:
        RateExceeded: the day is then not charged.
    """
    now = time.time()
    window, since = divmod(now, rate.window_s)
    reset_s = max(1, ceil(rate.window_s - since))
    key = f"rate:{rate.name}:{network_of(address) if rate.by_address else principal.rate_key}:{int(window)}"
    if key in _spent:
        raise RateExceeded(Usage(rate, rate.limit, 0, reset_s, degraded=False, calls_today=None))
    counters = [Counter(key, rate.window_s + 5, calls, rate.limit)]
    if principal.organization_id is not None:
        counters.append(Counter(daily_key(principal), 2 * _DAY_S, calls))
    (used, *today), degraded, is_new = await store().add(*counters)
    if (
        today
        and not degraded
        and principal.organization_id is not None
        and days.is_due(counters[-1].key, is_new=is_new)
    ):
        today = [await days.recall(counters[-1], principal.organization_id, today[-1])]
    # Away from the store, this process takes itself for one of several that are called equally often.
    processes = settings().processes if degraded else 1
    limit = max(1, rate.limit // processes)
    calls_today = today[0] * processes if today else None
    usage = Usage(rate, limit, max(0, limit - used), reset_s, degraded, calls_today)
    if used > limit:
        if not degraded:
            _remember_spent(key, now + reset_s)
        raise RateExceeded(usage)
    return usage


_spent: dict[str, float] = {}
"""Windows that are used up, and when each has ended; its number is in its key, so none outlives itself."""


def _remember_spent(key: str, ends: float) -> None:
    if len(_spent) >= _MOST_SPENT:
        now = time.time()
        for old in [each for each, end in _spent.items() if end < now]:
            del _spent[old]
    if len(_spent) < _MOST_SPENT:
        _spent[key] = ends


DAILY = "calls:"


def daily_key(principal: Principal) -> str:
    """`calls:<organization>:<day>`, the day being the organization's own."""
    return f"{DAILY}{principal.organization_key}:{_day(principal.day_timezone, int(time.time() // 60))}"


@lru_cache(maxsize=512)
def _day(timezone: str | None, minute: int) -> str:
    return f"{datetime.fromtimestamp(minute * 60, UTC).astimezone(zone(timezone)):%Y-%m-%d}"
