"""Who asks and does not read: the connection and the answer are kept for a while, and not for ever."""

import errno
import socket
import threading
import time
import tracemalloc
from unittest.mock import Mock

import pytest

from infra.local.servers.transports import Backlog, CountedTransport

MIB = 2**20
LARGE = 8 * MIB
PIECE = 65_536
WAITS_S = 0.4
"""Of `serve`, for a reader to take something."""


@pytest.fixture(scope="module")
def given():
    """Return bytes that the app has made of each streamed answer."""
    return []


@pytest.fixture(scope="module")
def stream(given):
    async def stream(send):
        made = [0]
        given.append(made)
        for _ in range(LARGE // PIECE):
            await send({"type": "http.response.body", "body": b"x" * PIECE, "more_body": True})
            made[0] += PIECE
        await send({"type": "http.response.body", "body": b""})

    return stream


@pytest.fixture(scope="module")
def port(serve, stream):
    return serve(serving(stream), write_timeout_s=WAITS_S)


def serving(stream):
    async def app(scope, receive, send):
        size = {"/large": LARGE, "/streamed": LARGE, "/half": MIB // 2, "/kept": MIB // 4}.get(scope["path"], 2)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        if scope["path"] == "/streamed":
            await stream(send)
        else:
            await send({"type": "http.response.body", "body": b"x" * size})

    return app


@pytest.fixture
def gone():
    """Set when the app is told that its reader is gone."""
    return threading.Event()


@pytest.fixture
def ask(port):
    """Provide `ask(path)`: a connection that takes little at once, on which that was asked."""
    opened = []

    def ask(path, *, header=b"", receives=4096, port=port):
        connection = socket.socket()
        opened.append(connection)
        if receives:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path.encode(), header))
        return connection

    yield ask
    for connection in opened:
        connection.close()


def read(connection, size):
    """Return bytes of the answer's body, as many as come."""
    answer = connection.recv(PIECE)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(PIECE)
    taken = len(answer.partition(b"\r\n\r\n")[2])
    while taken < size:
        piece = connection.recv(PIECE)
        if not piece:
            break
        taken += len(piece)
    return taken


def comes(happens, *, within_s=20):
    """Return whether it happens in time, on a busy machine too."""
    until = time.monotonic() + within_s
    while not (happened := happens()) and time.monotonic() < until:
        time.sleep(0.05)
    return happened


def is_reset(connection):
    return comes(lambda: connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET)


@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("path", ["/large", "/streamed"])
def test_an_answer_of_which_nothing_is_taken_is_not_kept(path, header, ask):
    assert is_reset(ask(path, header=header))


def test_an_answer_that_the_kernel_has_whole_is_not_kept_for_ever_either(ask):
    assert is_reset(ask("/kept"))


def test_no_more_of_a_streamed_answer_is_made_than_its_reader_has_room_for(serve, given, stream, ask):
    given.clear()
    ask("/streamed", port=serve(serving(stream), write_timeout_s=10, keeps_bytes=PIECE))
    assert comes(lambda: bool(given and given[0][0]))
    made = 0
    while made != (made := given[0][0]):
        time.sleep(0.3)
    assert made < LARGE


def test_the_app_learns_of_a_disconnect_while_another_request_waits(serve, ask, gone):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(LARGE // PIECE):
            await send({"type": "http.response.body", "body": b"x" * PIECE, "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            gone.set()

    ask("/", port=serve(app)).sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert gone.wait(5)


def test_a_slow_reader_gets_the_whole(serve):
    port = serve(serving(None), write_timeout_s=1)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        taken = 0
        while taken <= LARGE and (piece := connection.recv(LARGE // 32)):
            taken += len(piece)
            time.sleep(0.1)
    assert taken > LARGE


@pytest.mark.parametrize("reads", [True, False])
def test_a_connection_of_which_all_is_taken_is_kept(reads, ask):
    connection = ask("/", receives=None)
    for _ in range(3):
        time.sleep(WAITS_S * 1.5)
        assert not reads or read(connection, 2) == 2
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert read(connection, 2) >= 2


def test_many_stalled_readers_hold_no_memory_and_delay_nobody(serve, ask):
    port = serve(serving(None), write_timeout_s=2, keeps_bytes=PIECE)
    tracemalloc.start()
    try:
        for _ in range(300):
            ask("/half", port=port)
        assert read(ask("/", port=port, receives=None), 2) == 2
        assert tracemalloc.get_traced_memory()[0] > 50 * MIB
        assert comes(lambda: tracemalloc.get_traced_memory()[0] < 10 * MIB)
    finally:
        tracemalloc.stop()


def drip(connections, *, size, every_s, for_s):
    """Take so much of each now and then; how many are still open after that time."""
    until = time.monotonic() + for_s
    while time.monotonic() < until and connections:
        for connection in list(connections):
            if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                connections.remove(connection)
            else:
                connection.recv(size)
        time.sleep(every_s)
    return len(connections)


def test_a_reader_that_is_too_slow_is_disconnected(serve, ask):
    port = serve(serving(None), write_timeout_s=4)
    readers = [ask("/large", port=port) for _ in range(5)]
    assert drip(readers, size=250, every_s=0.1, for_s=8) == 0


def test_a_slow_reader_above_the_minimum_is_served(serve, ask):
    port = serve(serving(None), write_timeout_s=2)
    readers = [ask("/large", port=port, receives=65_536) for _ in range(5)]
    assert drip(readers, size=PIECE, every_s=0.4, for_s=6) == 5


def test_a_slow_reader_of_the_last_bytes_is_served(serve, ask):
    connection = ask("/kept", port=serve(serving(None), write_timeout_s=1), receives=4096)
    read(connection, MIB // 4 - 50_000)
    assert drip([connection], size=500, every_s=0.05, for_s=3) == 1


def held_by(backlog):
    return sum(held for _, held in backlog._entries.values())


@pytest.mark.parametrize("most", [{"most_bytes": 20 * MIB}, {"most_bytes_of_one": 20 * MIB}])
def test_stalled_readers_hold_a_limited_amount_together(most, serve, ask):
    backlog = Backlog(**most)
    port = serve(serving(None), write_timeout_s=20, backlog=backlog)
    readers = []
    for _ in range(6):
        readers.append(ask("/large", port=port))
        assert comes(lambda: readers[-1] and len(backlog._entries) == min(len(readers), 2))
    assert all(is_reset(reader) for reader in readers[:4])
    assert held_by(backlog) <= 20 * MIB
    assert read(readers[4], LARGE) == read(readers[5], LARGE) == LARGE
    assert comes(lambda: held_by(backlog) == 0)
    assert not backlog._bytes_of


def test_the_largest_holder_is_dropped_first():
    backlog = Backlog(most_bytes=30, most_bytes_of_one=30)
    honest, *greedy = (Mock(spec=CountedTransport, **{"unsent_bytes.return_value": 10}) for _ in range(4))
    backlog.add(honest, "192.0.2.1")
    for each in greedy:
        backlog.add(each, "192.0.2.2")
    assert [each.reset.called for each in (honest, *greedy)] == [False, True, False, False]


def test_a_held_answer_counts_whole_until_all_of_it_is_read(serve, ask):
    backlog = Backlog()
    connection = ask("/large", port=serve(serving(None), write_timeout_s=20, backlog=backlog))
    assert comes(lambda: held_by(backlog) == LARGE)
    read(connection, LARGE // 4)
    assert held_by(backlog) == LARGE


def test_no_answer_is_made_while_the_one_before_it_waits(serve, ask):
    begun = []

    async def app(scope, receive, send):
        begun.append(scope["path"])
        await serving(None)(scope, receive, send)

    connection = ask("/large", port=serve(app, write_timeout_s=20))
    connection.sendall(b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.5)
    assert begun == ["/large"]
    read(connection, LARGE)
    assert comes(lambda: begun == ["/large", "/second"])
