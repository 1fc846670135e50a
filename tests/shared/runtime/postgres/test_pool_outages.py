"""The database stops, hangs, loses connections or takes no new ones: who waits, for how long, and when it is over."""

import asyncio
import time

import pytest

from shared.kernel.errors import Unavailable
from shared.runtime import deadline
from shared.runtime.deadline import database_time
from shared.runtime.log import log
from shared.runtime.postgres import pool
from tests.shared.runtime.postgres.test_transaction import Slept, Who

pytestmark = pytest.mark.anyio

WHO = "SELECT current_user::text AS name, '' AS claims"
SLEEP = "SELECT 1 AS n FROM pg_sleep(%(seconds)s)"
LONG_S = 5.0
"""Beyond what anything here may take, on a busy machine too."""


@pytest.fixture
def ask(tx):
    """Read once, within this time for the database."""

    async def read(*, within_s=None):
        with database_time(within_s):
            async with tx(read_only=True) as t:
                return await t.one(Who, WHO)

    return read


@pytest.fixture
def events(monkeypatch):
    """Return what the log told of the database."""
    told = []
    for level in ("warning", "error"):
        monkeypatch.setattr(log(), level, lambda event, **_: told.append(event), raising=False)
    return told


@pytest.fixture
async def opened(tx, postgres):
    """Open both connections of the pool and leave them idle."""
    both = asyncio.Barrier(2)

    async def hold():
        async with tx(read_only=True) as t:
            await t.one(Slept, SLEEP, seconds=0)
            await both.wait()

    await asyncio.gather(hold(), hold())
    assert postgres.connections == 2


@pytest.fixture
def untrusted(monkeypatch):
    """Treat every connection as one that was idle."""
    monkeypatch.setattr(pool, "_TRUSTED_S", 0.0)


async def test_connections_lost_in_silence_are_found_by_the_first_who_needs_one(ask, opened, untrusted, postgres):
    postgres.lose()
    async with asyncio.timeout(LONG_S):
        await asyncio.gather(*(ask() for _ in range(6)))
    assert postgres.connections <= 2 + 2, "the other lost one was thrown away with it"


async def test_a_connection_used_a_moment_ago_is_not_asked_first(ask, opened, postgres):
    before = postgres.round_trips
    await ask()
    assert postgres.round_trips - before == 1


async def test_a_time_out_is_the_end_and_nobody_else_is_asked_instead(ask, opened, postgres):
    postgres.lose()
    before = postgres.connections
    with pytest.raises(Unavailable):
        await ask(within_s=0.5)
    assert postgres.connections == before


async def test_all_waits_of_a_request_count_together(tx, postgres):
    began = time.monotonic()
    done = 0
    with database_time(1.0), pytest.raises(Unavailable):  # noqa: PT012  (one of several statements raises)
        async with tx(read_only=True) as t:
            for _ in range(20):
                await t.one(Slept, SLEEP, seconds=0.3)
                done += 1
    assert done < 4
    assert time.monotonic() - began < LONG_S


async def test_a_write_past_its_deadline_changes_nothing(tx, opened, names, postgres):
    with database_time(0.6), pytest.raises(Unavailable):  # noqa: PT012  (the transaction's end raises)
        async with tx() as t:
            await t.run("INSERT INTO customers (first_name) VALUES ('Mona')")
            await asyncio.sleep(0)
            deadline.spend(1.0)
            await t.run("INSERT INTO customers (first_name) VALUES ('Amal')")
    assert names() == []
    async with tx(read_only=True) as t:
        assert (await t.one(Who, WHO)).name == "authenticated"
    assert postgres.connections == 2


async def test_waiting_and_new_callers_are_refused_together(ask, opened, postgres, events):
    with postgres.down():
        async with asyncio.timeout(LONG_S):
            first = await asyncio.gather(*(ask(within_s=60) for _ in range(12)), return_exceptions=True)
        assert {type(each) for each in first} == {Unavailable}
        tried = postgres.refused
        async with asyncio.timeout(1):
            later = await asyncio.gather(*(ask(within_s=60) for _ in range(200)), return_exceptions=True)
        assert {type(each) for each in later} == {Unavailable}
        assert postgres.refused <= tried + 2, "callers do not try themselves"
    async with asyncio.timeout(LONG_S):
        while True:
            try:
                await ask()
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                break
    assert events == ["database_away", "database_back"]


async def test_an_outage_of_moments_is_waited_out(ask, opened, postgres, events):
    with postgres.down():
        waiting = [asyncio.ensure_future(ask()) for _ in range(6)]
        await asyncio.sleep(0.2)
    assert len(await asyncio.gather(*waiting)) == 6
    assert "database_away" not in events


async def test_the_pool_keeps_connecting_without_callers(ask, opened, postgres, events):
    with postgres.down():
        with pytest.raises(Unavailable):
            await ask()
        tried = postgres.refused
        async with asyncio.timeout(LONG_S):
            while postgres.refused < tried + 2:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.05)
    async with asyncio.timeout(LONG_S):
        while "database_back" not in events:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await ask()


async def test_open_connections_work_while_new_ones_are_refused(ask, tx, postgres, events):
    await ask()
    postgres.is_down = True  # For new connections; this one stays.
    ends = time.monotonic() + 2.5
    while time.monotonic() < ends:
        await asyncio.gather(*(ask() for _ in range(4)))
    postgres.is_down = False
    assert events == []


async def test_a_server_that_takes_connections_and_says_nothing_is_away(ask, opened, untrusted, postgres, events):
    with postgres.silent():
        async with asyncio.timeout(15):
            while "database_away" not in events:
                await asyncio.gather(*(ask() for _ in range(4)), return_exceptions=True)
        async with asyncio.timeout(1):
            with pytest.raises(Unavailable):
                await ask()
    async with asyncio.timeout(LONG_S):
        while "database_back" not in events:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await ask()
