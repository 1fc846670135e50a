"""What was asked wholly reaches the app whole and is answered, whatever else its sender wishes or stops sending."""

import asyncio
import itertools
import json
import socket
import time

import pytest

from infra.local.servers.connections import _MOST_PIPELINED

HOST = b" HTTP/1.1\r\nHost: x\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAA\r\n"
"""As curl --http2 and Java's HttpClient send it with every first request."""
WEBSOCKET = b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
BODY = b"body " * 100
CHUNKS = b"%x\r\n%b\r\n" % (len(BODY), BODY) + b"3;name=value\r\nend\r\n0\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
PUTS = {
    "a length": (b"PUT /one" + HOST + H2C + LENGTH + BODY, BODY),
    "a length first": (b"PUT /one" + HOST + LENGTH[:-2] + H2C + b"\r\n" + BODY, BODY),
    "chunks": (b"PUT /one" + HOST + H2C + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, BODY + b"end"),
    "a websocket's length": (b"PUT /one" + HOST + WEBSOCKET + LENGTH + BODY, BODY),
    "100-continue": (b"PUT /one" + HOST + H2C + b"Expect: 100-continue\r\n" + LENGTH + BODY, BODY),
    "HTTP/1.0": (b"PUT /one HTTP/1.0\r\n" + H2C + LENGTH + BODY, BODY),
    "the wish to end": (b"PUT /one" + HOST + b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n" + LENGTH + BODY, BODY),
    "no body": (b"PUT /one" + HOST + H2C + b"\r\n", b""),
    "an empty body": (b"PUT /one" + HOST + H2C + b"Content-Length: 0\r\n\r\n", b""),
    "a websocket": (b"GET /one" + HOST + WEBSOCKET + b"\r\n", b""),
}
PLAIN = b"PUT /plain" + HOST + LENGTH + BODY
HIDDEN = b"GET /hidden" + HOST + b"\r\n"


@pytest.fixture(scope="module")
def port(serve, log):
    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        log.append((scope["path"], body, dict(scope["headers"])))
        if scope["path"] == "/slow":
            await asyncio.sleep(0.3)
        size = 4_000_000 if scope["path"] == "/large" else 2
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": b"x" * size})

    return serve(app, write_timeout_s=5)


@pytest.fixture
def exchange(port):
    """Sends the pieces, and nothing more when `ends`; returns all that comes until the server ends the connection."""

    def exchange(*pieces, ends=False, apart_s=0.0):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(apart_s)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    return exchange


def answers(data):
    return data.count(b"HTTP/1.1 200 ")


def in_pieces(sent):
    """Cut within the head, right after it, within the body, and near the end."""
    body = sent.index(b"\r\n\r\n") + 4
    at = sorted({0, 20, body - 30, body - 1, body, min(body + 7, len(sent)), len(sent) - 1, len(sent)})
    return [sent[start:end] for start, end in itertools.pairwise(at)]


@pytest.mark.parametrize("name", PUTS)
@pytest.mark.parametrize("before", [b"", PLAIN], ids=["first", "after another"])
def test_the_body_of_who_asks_for_another_protocol_arrives_whole(name, before, exchange, asked):
    sent, body = PUTS[name]
    answer = exchange(before + sent + HIDDEN)
    assert answers(answer) == len(asked) == 1 + bool(before)
    assert b"connection: close" in answer
    path, came, headers = asked[-1]
    assert (path, came) == ("/one", body)
    assert b"upgrade" not in headers


@pytest.mark.parametrize("name", PUTS)
def test_a_request_sent_in_pieces_arrives_whole(name, exchange, asked):
    sent, body = PUTS[name]
    assert answers(exchange(*in_pieces(sent), HIDDEN, apart_s=0.03)) == 1
    assert [(path, came) for path, came, _ in asked] == [("/one", body)]


def test_a_large_body_of_who_asks_for_another_protocol_arrives_whole(exchange, asked):
    large = bytes(range(256)) * 40_000
    exchange(b"PUT /one" + HOST + H2C + b"Content-Length: %d\r\n\r\n" % len(large), large)
    assert asked[0][1] == large


def test_many_who_ask_for_another_protocol_cost_no_more_than_one(exchange, asked):
    sent = (b"GET /one" + HOST + H2C + b"\r\n") * (_MOST_PIPELINED * 10)
    assert answers(exchange(sent)) == len(asked) == 1


@pytest.mark.parametrize(
    "one",
    [
        b"GET /one" + HOST + H2C + b"\r\n",
        b"GET /one" + HOST + b"Connection: close\r\n\r\n",
        b"GET /one HTTP/1.0\r\n\r\n",
        b"GET /large HTTP/1.0\r\n\r\n",
    ],
)
def test_bytes_after_the_last_answer_cause_no_reset(one, exchange, asked):
    assert answers(exchange(one, one, one, apart_s=0.1)) == len(asked) == 1


@pytest.mark.parametrize("path", [b"/slow", b"/large"])
@pytest.mark.parametrize("requests", [1, 5])
def test_a_half_closed_connection_gets_all_its_answers(path, requests, exchange, asked):
    one = b"PUT " + path + HOST + LENGTH + BODY
    assert answers(exchange(one * requests, ends=True)) == requests
    assert [body for _, body, _ in asked] == [BODY] * requests


@pytest.mark.parametrize(
    "half", [b"PUT /half" + HOST, b"PUT /half" + HOST + LENGTH, b"PUT /half" + HOST + LENGTH + b"b"]
)
def test_a_half_close_in_a_request_still_answers_earlier_ones(half, exchange, asked):
    assert answers(exchange(b"GET /slow" + HOST + b"\r\n", PLAIN + half, ends=True)) == 2
    assert [path for path, *_ in asked] == ["/slow", "/plain"]
    assert exchange(half, ends=True) == b""


def test_a_half_closed_connection_gets_the_refusal_last(exchange):
    began = time.monotonic()
    answer = exchange(b"GET /slow" + HOST + b"\r\n" + b"nonsense\r\n\r\n", ends=True)
    assert answers(answer) == 1
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["error"] == "malformed_request"
    assert time.monotonic() - began < 1


def test_a_half_closed_idle_connection_is_closed(exchange, port):
    assert exchange(ends=True) == b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /" + HOST + b"\r\n")
        assert connection.recv(1000).endswith(b"xx")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000) == b""
