"""Postgres refuses, hangs, cuts, delays: nobody waits beyond the deadline, and all is well soon after."""

import asyncio
import contextlib
import time

import httpx
import pytest

from tests.faults.conftest import TIMEOUT_S

pytestmark = pytest.mark.anyio

DEADLINE_S = TIMEOUT_S + 1
MARGIN_S = 2.0
"""For a machine that does other things too."""
LASTS_S = 5.0


@contextlib.contextmanager
def cutting(proxy):
    """Cut every answer after some bytes."""
    proxy.cut_after = 40
    yield
    proxy.cut_after = None


@contextlib.contextmanager
def slow(proxy):
    proxy.delay_s = 0.4
    yield
    proxy.delay_s = 0.0


@contextlib.contextmanager
def lost(proxy):
    """Lose open connections in silence; new ones are served."""
    proxy.lose()
    yield


FAULTS = {
    "refuses": lambda proxy: proxy.down(),
    "is silent": lambda proxy: proxy.silent(),
    "cuts": cutting,
    "delays": slow,
    "loses": lost,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_requests_end_by_the_deadline_and_service_recovers(behind_proxies, mortals, fault):
    callers = [mortals.org().owner for _ in range(12)]
    async with behind_proxies() as (url, database, _), httpx.AsyncClient(base_url=url, timeout=60) as client:

        async def ask(caller):
            began = time.monotonic()
            answer = await client.get("/functions/v1/agent-usage", headers=caller.headers)
            return answer, time.monotonic() - began

        async def all_ask():
            return await asyncio.gather(*(ask(caller) for caller in callers))

        assert {answer.status_code for answer, _ in await all_ask()} == {200}
        told = []
        with FAULTS[fault](database):
            ends = time.monotonic() + LASTS_S
            while time.monotonic() < ends:
                told += await all_ask()
                await asyncio.sleep(0.3)
        over = time.monotonic()
        while {answer.status_code for answer, _ in await all_ask()} != {200}:
            assert time.monotonic() - over < 2 + MARGIN_S, "the database is back, and callers are refused"
            await asyncio.sleep(0.1)
    assert max(seconds for _, seconds in told) < DEADLINE_S + MARGIN_S
    assert {answer.status_code for answer, _ in told} <= {200, 503}
    refused = [answer for answer, _ in told if answer.status_code != 200]
    assert all(answer.json()["error"] in {"unavailable", "busy", "overloaded"} for answer in refused)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    if fault in {"loses", "delays"}:
        assert len(refused) < len(told)
