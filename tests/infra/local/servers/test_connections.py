"""The local gateway's connections: what does not come is not waited for, and one address does not hold them all."""

import asyncio
import contextlib

import pytest
import uvicorn

from infra.local.servers.connections import bounded

pytestmark = pytest.mark.anyio
WAITS_S = 0.2
MOST = 5
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def app(scope, receive, send):
    if scope["type"] == "http":
        if scope["path"] == "/read":
            while (await receive())["more_body"]:
                pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def connect(free_port):
    """`await connect()`: streams to a server that waits a fifth of a second, all closed in the end."""
    protocol = bounded(read_timeout_s=WAITS_S, write_timeout_s=WAITS_S, connections_of_one=MOST)
    config = uvicorn.Config(app, port=free_port(), log_level="error", lifespan="off", http=protocol)
    server = uvicorn.Server(config)
    with contextlib.ExitStack() as closing:
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  (uvicorn tells nobody)
            await asyncio.sleep(0.01)

        async def opened():
            reader, writer = await asyncio.open_connection("127.0.0.1", config.port)
            closing.callback(writer.close)
            return reader, writer

        yield opened
    server.should_exit = True
    await task


async def ended(reader):
    """Return what still came before the server closed the connection."""
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("head", [b"", b"G", b"GET / HT", REQUEST, REQUEST + b"X-Y: " + b"z" * 5000, b"\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(connect, head):
    reader, writer = await connect()
    writer.write(head)
    assert await ended(reader) == b""


async def test_a_head_that_comes_in_drops_is_not_waited_for(connect):
    reader, writer = await connect()
    writer.write(REQUEST)
    closed = asyncio.create_task(ended(reader))
    while not closed.done():
        writer.write(b"X-Y: z\r\n")
        await asyncio.sleep(WAITS_S / 10)
    assert closed.result() == b""


async def test_a_second_head_is_waited_for_no_longer_than_the_first(connect):
    reader, writer = await connect()
    writer.write(REQUEST + b"\r\n")
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.write(REQUEST)
    assert await ended(reader) == b""


async def test_a_body_that_nobody_reads_is_not_waited_for(connect):
    reader, writer = await connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert (await ended(reader)).endswith(b"ok")


async def test_a_body_that_is_read_has_the_readers_own_time(connect):
    reader, writer = await connect()
    writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
    for letter in (b"a", b"b", b"c"):
        await asyncio.sleep(WAITS_S)
        writer.write(letter)
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")


async def test_an_idle_connection_is_kept_for_the_next_request(connect):
    reader, writer = await connect()
    for _ in range(3):
        writer.write(REQUEST + b"\r\n")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(WAITS_S * 1.5)


async def test_the_connections_of_one_address_are_limited(connect):
    kept = []
    for _ in range(MOST):
        reader, writer = await connect()
        writer.write(REQUEST + b"\r\n")
        await reader.readuntil(b"ok")
        kept.append((reader, writer))
    over, _ = await connect()
    assert await ended(over) == b""
    kept[0][1].close()
    await kept[0][1].wait_closed()
    again, writer = await connect()
    writer.write(REQUEST + b"\r\n")
    assert (await again.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
