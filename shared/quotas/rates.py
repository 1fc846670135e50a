"""Rate classes, counted in sliding windows of the shared store; the day's API calls are counted in the same round trip.

The `limits` library decides: a rate class is one of its items, and its sliding window counter weighs the last window
by its remaining part. A caller who has used up a window is cached until the next call is free, so that a flood is
refused without a round trip to the store.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil, floor

import msgspec
from limits import RateLimitItemPerSecond
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.kernel.clock import zone
from shared.kernel.errors import RateLimited
from shared.kernel.limit_keys import network_of
from shared.runtime.settings import settings
from shared.runtime.shares import Lane
from shared.runtime.store.models import Counter
from shared.tenancy.principal import Principal

from . import days
from .storage import Charge, StoreStorage

DAY_KEPT_S = 2 * 86_400
"""A day's counter is kept so long: until the copy of its end is made in every time zone."""
_MOST_SPENT = 10_000
_LIMITER = SlidingWindowCounterRateLimiter(StoreStorage())


class RateClass(RateLimitItemPerSecond):
    """An item of the library: `limit` calls in `window_s` seconds."""

    __slots__ = ("by_address", "lane", "limit", "name", "policy", "window_s")

    def __init__(
        self, name: str, limit: int, window_s: int = 60, *, by_address: bool = False, lane: Lane = "ordinary"
    ) -> None:
        super().__init__(limit, window_s, name)
        self.name, self.limit, self.window_s = name, limit, window_s
        """The library's `namespace`, `amount` and `multiples`; the name is in headers and refusals."""
        self.by_address = by_address
        """Counted per network of the client's address instead of per user and organization."""
        self.lane: Lane = lane
        """The lane of the work when the database is busy."""
        self.policy = f'"{name}";q={limit};w={window_s}'.encode()
        """The header RateLimit-Policy."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RateClass) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def key_for(self, *identifiers: bytes | str | float) -> str:
        """Return a `Charge` unchanged: it is the key, and carries the result of counting."""
        if len(identifiers) == 1 and isinstance(identifiers[0], Charge):
            return identifiers[0]
        return super().key_for(*identifiers)

    def share(self) -> "RateClass":
        """Return this process's part of the class, as one of several that are called equally often."""
        limit = max(1, self.limit // settings().processes)
        return RateClass(self.name, limit, self.window_s, by_address=self.by_address, lane=self.lane)

    def _fields(self) -> tuple[str, int, int, bool, str]:
        return self.namespace, self.amount, self.multiples, self.by_address, self.lane


STANDARD = RateClass("standard", 100)
KEY_EXCHANGE = RateClass("agent-auth", 10, by_address=True, lane="access")
REGISTRATION = RateClass("agent-register", 20, window_s=3600, by_address=True, lane="access")
PUBLIC = RateClass("public", 300, by_address=True)
ACCOUNTS = RateClass("public", 300, by_address=True, lane="access")
"""For people's accounts, before the route is known; counted with the public calls."""
WEBHOOK = RateClass("webhook", 500, by_address=True, lane="intake")
JOBS = RateClass("jobs", 6000, lane="background")
"""Shared by all jobs: several of them run every second."""
SIGN_UP = RateClass("auth-sign-up", 30, window_s=300, by_address=True, lane="access")
SIGN_IN = RateClass("auth-sign-in", 30, window_s=300, by_address=True, lane="access")
TOKEN_REFRESH = RateClass("auth-token-refresh", 150, window_s=300, by_address=True, lane="access")


class Usage(msgspec.Struct, frozen=True):
    """What remains of a rate class, and the organization's API calls of the day so far."""

    rate: RateClass
    limit: int
    remaining: int
    reset_s: int
    degraded: bool
    calls_today: int | None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return `RateLimit` and `RateLimit-Policy` as the IETF draft defines them."""
        policy = self.rate.policy if self.limit == self.rate.limit else self.rate.share().policy
        pairs = [
            (b"ratelimit-policy", policy),
            (b"ratelimit", f'"{self.rate.name}";r={self.remaining};t={self.reset_s}'.encode()),
        ]
        if self.degraded:
            pairs.append((b"nexus-degraded", b"rate-limit"))
        return pairs


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
        RateExceeded: the day is not charged in this case.
    """
    key = f"rate:{rate.name}:{network_of(address) if rate.by_address else principal.rate_key}"
    now = time.time()
    if (until := _spent.get(key, 0.0)) > now:
        raise RateExceeded(Usage(rate, rate.limit, 0, _wait_s(rate, until), degraded=False, calls_today=None))
    counting = Charge(key)
    counting.day = day = Counter(daily_key(principal), DAY_KEPT_S, calls) if principal.organization_id else None
    await _LIMITER.hit(rate, counting, cost=calls)
    charged = counting.charged
    calls_today = charged.today
    if day and calls_today is not None and (charged.degraded or days.is_due(day.key, is_new=charged.is_new)):
        calls_today = await _calls_today(principal, day, calls_today, degraded=charged.degraded)
    if remaining := charged.remaining(rate.window_s):  # These hold until the window's end at least.
        reset_s = max(1, ceil(charged.current_left_s % rate.window_s))
    else:
        reset_s = await _reset_s(rate, counting)
    usage = Usage(rate, charged.limit, remaining, reset_s, charged.degraded, calls_today)
    if not charged.taken:
        raise RateExceeded(usage)
    return usage


async def _reset_s(rate: RateClass, counting: Charge) -> int:
    """Return the whole seconds until the next call is taken, where none remains; remember a window that is used up."""
    charged = counting.charged
    free_at, _ = await _LIMITER.get_window_stats(rate.share() if charged.degraded else rate, counting)
    if not (charged.taken or charged.degraded):
        _remember_spent(str(counting), free_at)
    return _wait_s(rate, free_at)


def _wait_s(rate: RateClass, free_at: float) -> int:
    """Return whole seconds, past the moment itself: at that moment the call before still counts."""
    return max(1, min(rate.window_s, floor(free_at - time.time()) + 1))


async def _calls_today(principal: Principal, day: Counter, counted: int, *, degraded: bool) -> int:
    """Return the day's calls where the counter alone does not tell them: without the store, and where it is new."""
    if degraded:  # assumes that all processes are called equally often
        return counted * settings().processes
    return await days.recall(day, principal.organization_id, counted)


_spent: dict[str, float] = {}
"""Windows that are used up, and the time of their next free call."""


def _remember_spent(key: str, until: float) -> None:
    if len(_spent) >= _MOST_SPENT:
        now = time.time()
        for old in [spent for spent, ends in _spent.items() if ends < now]:
            del _spent[old]
    if len(_spent) < _MOST_SPENT:
        _spent[key] = until


DAILY = "calls:"


def daily_key(principal: Principal) -> str:
    """Return `calls:<organization>:<day>`, with the day in the organization's time zone."""
    return f"{DAILY}{principal.organization_key}:{_day(principal.day_timezone, int(time.time() // 60))}"


@lru_cache(maxsize=512)
def _day(timezone: str | None, minute: int) -> str:
    return f"{datetime.fromtimestamp(minute * 60, UTC).astimezone(zone(timezone)):%Y-%m-%d}"
