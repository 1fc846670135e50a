"""The line before the pool: in order, for so long, and no longer than allowed."""

import asyncio
from contextlib import suppress

import psycopg_pool
import pytest
from psycopg.pq import TransactionStatus

from shared.runtime.postgres import pool as pools
from shared.runtime.postgres.pool import Pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(services):
    async with Pool(services.database_url, min_size=0, max_size=1, timeout=5, max_waiting=3, open=False) as made:
        yield made


async def test_waiters_are_served_in_order_of_arrival(pool):
    served = []

    async def take(number):
        connection = await pool.getconn()
        served.append(number)
        await pool.putconn(connection)

    held = await pool.getconn()
    waiting = [asyncio.ensure_future(take(number)) for number in range(3)]
    await asyncio.sleep(0)
    await pool.putconn(held)
    await asyncio.gather(*waiting)
    assert served == [0, 1, 2]


async def test_a_cancelled_waiter_takes_no_turn(pool):
    held = await pool.getconn()
    waiting = [asyncio.ensure_future(pool.getconn()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await pool.putconn(held)
    with suppress(asyncio.CancelledError):
        await waiting[0]
    assert await waiting[1] is held
    await pool.putconn(held)


async def test_a_waiter_cancelled_at_its_turn_passes_it_on(pool):
    held = await pool.getconn()
    waiting = [asyncio.ensure_future(pool.getconn()) for _ in range(2)]
    await asyncio.sleep(0)
    await pool.putconn(held)
    waiting[0].cancel()
    with suppress(asyncio.CancelledError):
        await waiting[0]
    assert await waiting[1] is held
    await pool.putconn(held)


async def test_a_waiter_that_times_out_is_refused_and_leaves_the_queue(pool):
    held = await pool.getconn()
    for _ in range(5):  # More than may wait at once.
        with pytest.raises(psycopg_pool.PoolTimeout):
            await pool.getconn(timeout=0.01)
    await pool.putconn(held)
    assert await pool.getconn() is held
    await pool.putconn(held)


async def test_a_line_that_is_too_long_is_refused_at_once(pool):
    held = await pool.getconn()
    waiting = [asyncio.ensure_future(pool.getconn()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(psycopg_pool.TooManyRequests):
        await pool.getconn()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await pool.putconn(held)


async def test_a_connection_that_cannot_be_made_costs_no_turn(services):
    nowhere = services.database_url.rpartition("/")[0] + "/no_such_database"
    async with Pool(nowhere, min_size=0, max_size=1, timeout=0.2, max_waiting=3, open=False) as broken:
        for _ in range(2):
            with pytest.raises(psycopg_pool.PoolTimeout):
                await broken.getconn()


async def test_the_pool_reuses_the_latest_connection_for_a_limited_time(services, monkeypatch):
    monkeypatch.setattr(pools, "_IDLE_S", 0.05)
    async with Pool(services.database_url, min_size=0, max_size=2, timeout=5, open=False) as pool:
        first, second = await pool.getconn(), await pool.getconn()
        await pool.putconn(first)
        await pool.putconn(second)
        assert await pool.getconn() is second
        await pool.putconn(second)
        assert pool.get_stats()["pool_available"] == 0
        async with asyncio.timeout(5):
            while pool.get_stats()["pool_available"] < 2:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)
        assert {await pool.getconn(), await pool.getconn()} == {first, second}
        for connection in (first, second):
            await pool.putconn(connection)


async def test_the_pool_resets_a_connection_returned_within_a_transaction(pool):
    held = await pool.getconn()
    await held.execute("BEGIN")
    await pool.putconn(held)
    again = await pool.getconn()
    assert again.info.transaction_status is TransactionStatus.IDLE
    await pool.putconn(again)
