"""Attempts at one account: how many failed, and from where. Strangers use up their own share and never the owner's."""

import hashlib
import time
from collections.abc import Sequence
from math import ceil

from shared.kernel.counting import network_of
from shared.runtime.store.client import store
from shared.runtime.store.models import Counter

from .rates import RateClass, RateExceeded, Usage

HERE = (RateClass("auth-account", 30, window_s=300), RateClass("auth-account-hour", 60, window_s=3600))
"""Of one network at one account: each window that is used up is waited for, and the next is longer."""
ELSEWHERE = (
    RateClass("auth-account-strangers", 60, window_s=300),
    RateClass("auth-account-strangers-hour", 200, window_s=3600),
    RateClass("auth-account-strangers-day", 500, window_s=86_400),
)
"""Of all networks together that the account has never signed in from."""
CODES_HERE = (RateClass("auth-code", 10, window_s=300), RateClass("auth-code-hour", 20, window_s=3600))
"""Of one network that has asked for a code to that address: so few are too few to guess one."""
CODES_ELSEWHERE = (RateClass("auth-code-strangers", 30, window_s=300),)
"""Of all others together."""
_ASKED_S = 3600


async def begin(email: str, *, address: str, is_familiar: bool) -> list[Counter]:
    """Count an attempt to sign in as failed, until `forgive` is told otherwise.

    `is_familiar`: the account has signed in from that network before, which then waits for its own failures alone.

    Raises:
        RateExceeded: before any password is looked at.
    """
    account, network = _account(email), network_of(address)
    here = [(each, f"{account}:{network}") for each in HERE]
    return await _count(here if is_familiar else [*here, *((each, account) for each in ELSEWHERE)])


async def forgive(counted: Sequence[Counter]) -> None:
    await store().add(*(each._replace(amount=-each.amount, limit=None) for each in counted))


async def remember_request(email: str, *, address: str) -> None:
    """That network has asked for a code to the address: the codes it types are counted apart."""
    await store().add(Counter(_asked(email, address), _ASKED_S))


async def charge_code(email: str, *, address: str) -> None:
    """Count a code that is typed for the address.

    Raises:
        RateExceeded.
    """
    account, network = _account(email), network_of(address)
    (asked,), *_ = await store().add(Counter(_asked(email, address), _ASKED_S, amount=0))
    if asked > 0:
        await _count([(each, f"{account}:{network}") for each in CODES_HERE])
    else:
        await _count([(each, account) for each in CODES_ELSEWHERE])


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


def _asked(email: str, address: str) -> str:
    return f"asked:{_account(email)}:{network_of(address)}"
