"""The line before the pool: in order, for so long, and no longer than allowed."""

import asyncio
from contextlib import suppress

import psycopg_pool
import pytest

from shared.runtime.connections import Pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(services):
    async with Pool(services.database_url, min_size=0, max_size=1, timeout=5, max_waiting=3, open=False) as made:
        yield made


async def test_who_waits_is_served_in_the_order_of_coming(pool):
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


async def test_who_stops_waiting_takes_nobodys_turn(pool):
    held = await pool.getconn()
    waiting = [asyncio.ensure_future(pool.getconn()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await pool.putconn(held)
    with suppress(asyncio.CancelledError):
        await waiting[0]
    assert await waiting[1] is held
    await pool.putconn(held)


async def test_who_was_given_none_in_time_is_told_and_leaves_the_line(pool):
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
