"""The reader that stays with a connection: beside psycopg's own waiting, unasked news, much to send, and ends."""

import asyncio
import time
from collections.abc import AsyncIterator

import psycopg
import pytest

from shared.runtime.arrivals import Arrivals
from shared.runtime.statement import Statement
from shared.runtime.wire import Connection

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connection(services) -> AsyncIterator[Connection]:
    opened = await Connection.connect(services.database_url, autocommit=True)
    yield opened
    await opened.close()


async def answer(connection, sql="SELECT 1", *, timeout_s=5.0, **params):
    [rows] = await connection.exchange([Statement(sql, params)], timeout_s=timeout_s)
    return rows.values[0][0]


async def test_psycopgs_own_operations_and_exchanges_take_turns(connection):
    for number in range(3):
        assert await answer(connection, "SELECT %(number)s::int", number=number) == number
        found = await connection.execute("SELECT %s::int + 1", [number])
        assert await found.fetchone() == (number + 1,)


async def test_what_comes_unasked_is_looked_at_once_and_left_for_the_next_exchange(monkeypatch, connection, services):
    looks = []
    read = Arrivals._read

    def look(arrivals):
        looks.append(arrivals)
        read(arrivals)

    monkeypatch.setattr(Arrivals, "_read", look)
    await connection.execute("LISTEN news")
    assert await answer(connection) == 1
    looks.clear()
    async with await psycopg.AsyncConnection.connect(services.database_url, autocommit=True) as other:
        await other.execute("NOTIFY news, 'first'")
    await asyncio.sleep(0.1)
    assert len(looks) == 1
    assert await answer(connection, "SELECT 2") == 2


async def test_more_than_the_socket_takes_at_once_goes_both_ways(connection):
    much = "x" * 20_000_000
    assert await answer(connection, "SELECT %(much)s::text", much=much) == much


async def test_who_waits_too_long_finds_the_connection_broken(connection):
    with pytest.raises(psycopg.OperationalError, match="did not answer in time"):
        await answer(connection, "SELECT 1 FROM pg_sleep(5)", timeout_s=0.1)
    assert connection.broken


async def test_each_exchange_has_its_own_time(connection):
    for _ in range(3):
        assert await answer(connection, "SELECT 1 FROM pg_sleep(0.1)", timeout_s=0.2) == 1


async def test_an_answer_that_came_while_the_process_was_busy_counts_as_in_time(connection):
    asking = asyncio.ensure_future(answer(connection, timeout_s=0.1))
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251  as a handler that computes would
    assert await asking == 1


async def test_a_cancelled_exchange_ends_the_connection_and_nothing_else(connection):
    asking = asyncio.ensure_future(answer(connection, "SELECT 1 FROM pg_sleep(5)"))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert connection.broken


async def test_a_server_that_ends_the_session_is_an_error_of_the_next_exchange(connection, services):
    pid = await answer(connection, "SELECT pg_backend_pid()")
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])
    await asyncio.sleep(0.05)
    with pytest.raises(psycopg.OperationalError):
        await answer(connection)
    assert connection.broken
