"""Failed attempts at one account, counted by network: strangers use up their own limits, never the owner's."""

import hashlib
import time
from collections.abc import Sequence
from math import ceil

from msgspec.structs import replace

from shared.kernel.limit_keys import network_of
from shared.runtime.store.client import store
from shared.runtime.store.models import Counter

from .rates import RateClass, RateExceeded, Usage

HERE = (RateClass("auth-account", 30, window_s=300), RateClass("auth-account-hour", 60, window_s=3600))
"""Limits of one network at one account: a network that has used up a window waits for its end."""
ELSEWHERE = (
    RateClass("auth-account-strangers", 60, window_s=300),
    RateClass("auth-account-strangers-hour", 200, window_s=3600),
    RateClass("auth-account-strangers-day", 500, window_s=86_400),
)
"""Limits of all networks together from which the account has never signed in."""
CODES_HERE = (RateClass("auth-code", 10, window_s=300), RateClass("auth-code-hour", 20, window_s=3600))
"""Limits of one network that has requested a code for that address: too few attempts to guess a code."""
CODES_ELSEWHERE = (RateClass("auth-code-strangers", 30, window_s=300),)
"""Limits of all other networks together."""
_REQUEST_S = 3600


async def begin(email: str, *, address: str, is_familiar: bool) -> list[Counter]:
    """Count an attempt to sign in as failed, until `forgive` takes it back.

    `is_familiar` says that the account has signed in from that network before: only its own failures count then.

    Raises:
        RateExceeded: before a password is checked.
    """
    account, network = _account(email), network_of(address)
    here = [(rate, f"{account}:{network}") for rate in HERE]
    return await _count(here if is_familiar else [*here, *((rate, account) for rate in ELSEWHERE)])


async def forgive(counted: Sequence[Counter]) -> None:
    await store().add(*(replace(counter, amount=-counter.amount, limit=None) for counter in counted))


async def remember_request(email: str, *, address: str) -> None:
    """Record that the network has requested a code for the address: its codes are counted separately."""
    await store().add(Counter(_request_key(email, address), _REQUEST_S))


async def charge_code(email: str, *, address: str) -> None:
    """Count a code that was entered for the address.

    Raises:
        RateExceeded.
    """
    account, network = _account(email), network_of(address)
    (requests,), *_ = await store().add(Counter(_request_key(email, address), _REQUEST_S, amount=0))
    if requests > 0:
        await _count([(rate, f"{account}:{network}") for rate in CODES_HERE])
    else:
        await _count([(rate, account) for rate in CODES_ELSEWHERE])


async def _count(classes: Sequence[tuple[RateClass, str]]) -> list[Counter]:
    now = time.time()
    counters = [
        Counter(f"rate:{rate.name}:{whom}:{int(now // rate.window_s)}", rate.window_s + 5, 1, rate.limit)
        for rate, whom in classes
    ]
    values, degraded, _ = await store().add(*counters)
    for (rate, _), used in zip(classes, values, strict=False):
        if used > rate.limit:
            await forgive(counters[: len(values)])
            wait_s = max(1, ceil(rate.window_s - now % rate.window_s))
            raise RateExceeded(Usage(rate, rate.limit, 0, wait_s, degraded, calls_today=None))
    return counters


def _account(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def _request_key(email: str, address: str) -> str:
    return f"asked:{_account(email)}:{network_of(address)}"
