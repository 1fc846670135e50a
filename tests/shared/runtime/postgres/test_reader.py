"""The reader that stays with a connection: beside psycopg's own waiting, unasked news, much to send, and ends."""

import asyncio
import select
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator

import psycopg
import pytest
import uvloop
from psycopg import conninfo

from shared.runtime.postgres.connection import Connection
from shared.runtime.postgres.reader import Reader
from shared.runtime.postgres.statement import Statement

pytestmark = pytest.mark.anyio

FATAL = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"


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


async def test_an_unexpected_message_is_read_with_the_next_exchange(monkeypatch, connection, services):
    looks = []
    read = Reader._read

    def look(arrivals):
        looks.append(arrivals)
        read(arrivals)

    monkeypatch.setattr(Reader, "_read", look)
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


async def test_a_request_that_times_out_breaks_the_connection(connection):
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


def test_a_connection_that_was_reset_is_noticed_under_uvloop_too(services):
    async def ask_and_be_reset(url, relay):
        connection = await Connection.connect(url, autocommit=True)
        await answer(connection)
        relay.resets.set()
        with pytest.raises(psycopg.OperationalError, match="consuming input failed"):
            await answer(connection, "SELECT 1 FROM pg_sleep(60)", timeout_s=30)
        await connection.close()

    parts = conninfo.conninfo_to_dict(services.database_url)
    with Relay((str(parts["host"]), int(str(parts["port"])))) as relay:
        url = conninfo.make_conninfo(services.database_url, port=relay.port)
        uvloop.run(ask_and_be_reset(url, relay))


class Relay:
    """Hands on what one client and the server say; the client's next request it answers as a backend that is killed."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.resets = threading.Event()
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = self._listens.getsockname()[1]
        self._server = server
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()
        self._listens.close()

    def _run(self) -> None:
        client, _ = self._listens.accept()
        with client, socket.create_connection(self._server) as server:
            while True:
                for said in select.select([client, server], [], [])[0]:
                    if said is client and self.resets.is_set():
                        client.sendall(b"E" + (4 + len(FATAL)).to_bytes(4) + FATAL)
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    (server if said is client else client).sendall(said.recv(65536))
