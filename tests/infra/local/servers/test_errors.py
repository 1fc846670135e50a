"""What the local gateway cannot read as a request is refused in the one error body, and nothing hides in it."""

import asyncio
import json
import re
import socket
import time

import pytest

from infra.local.servers.errors import LONGEST_TARGET, MOST_HEADERS_BYTES

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
MALFORMED = {
    "TLS": b"\x16\x03\x01\x02\x00\x01",
    "an unknown method": b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target that is none": b"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel that asks for another protocol": (
        b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    ),
    "a length and chunks of who asks for another protocol": HEAD
    + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two hosts of who asks for another protocol": HEAD + b"Host: y\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "letters beyond ASCII in the path": b"GET /\xd9\x85 HTTP/1.1\r\nHost: x\r\n\r\n",
    "letters beyond ASCII in the query": b"GET /?a=\xd9\x85 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "http in small letters": b"GET / http/1.1\r\nHost: x\r\n\r\n",
    "a version of three digits": b"GET / HTTP/1.10\r\nHost: x\r\n\r\n",
    "half a version": b"GET / HTTP/1.\r\nHost: x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + b"Host: y\r\n\r\n",
    "two equal hosts in HTTP/1.0": b"GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n",
    "a header without a colon": HEAD + b"nonsense\r\n\r\n",
    "a header without a name": HEAD + b": b\r\n\r\n",
    "a bracket in a name": HEAD + b"A(b: c\r\n\r\n",
    "letters beyond ASCII in a name": HEAD + b"A\xe9: c\r\n\r\n",
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a space before the first name": b"POST / HTTP/1.1\r\n Host: x\r\n\r\n",
    "NUL in a value": HEAD + b"A: b\0c\r\n\r\n",
    "NUL in a name": HEAD + b"A\0: b\r\n\r\n",
    "a vertical tab in a value": HEAD + b"A: b\x0bc\r\n\r\n",
    "DEL in a value": HEAD + b"A: b\x7fc\r\n\r\n",
    "a folded value": HEAD + b"A: b\r\n c\r\n\r\n",
    "a folded length": HEAD + b"Content-Length: 1\r\n 1\r\n\r\n" + b"a" * 11,
    "a folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "LF alone after the first line": b"POST / HTTP/1.1\nHost: x\r\n\r\n",
    "LF alone after a header": b"POST / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "LF alone at the end": HEAD + b"\n",
    "CR alone in a header": b"POST / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two equal lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "a list of lengths": HEAD + b"Content-Length: 1, 1\r\n\r\na",
    "a length with a sign": HEAD + b"Content-Length: +1\r\n\r\na",
    "a length below zero": HEAD + b"Content-Length: -1\r\n\r\na",
    "a length in hexadecimal": HEAD + b"Content-Length: 0x1\r\n\r\na",
    "a length with a blank": HEAD + b"Content-Length: 1 1\r\n\r\na",
    "an empty length": HEAD + b"Content-Length: \r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a quoted coding": HEAD + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "an empty coding": HEAD + b"Transfer-Encoding: \r\nContent-Length: 1\r\n\r\na",
    "gzip before chunks": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "gzip before chunks in two headers": HEAD
    + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks before identity": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity and a length": HEAD + b"Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
    "a tab before the coding": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
    ),
    "a chunk of no size": CHUNKED + b"\r\na\r\n0\r\n\r\n",
    "a chunk of letters": CHUNKED + b"zz\r\n",
    "a chunk's size with a prefix": CHUNKED + b"0x1\r\na\r\n0\r\n\r\n",
    "a chunk's size with a sign": CHUNKED + b"+1\r\na\r\n0\r\n\r\n",
    "a chunk's size below zero": CHUNKED + b"-1\r\na\r\n0\r\n\r\n",
    "a chunk's size with a blank": CHUNKED + b"1 \r\na\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "LF alone after a chunk's size": CHUNKED + b"1\na\r\n0\r\n\r\n",
    "LF alone after a chunk": CHUNKED + b"1\r\na\n0\r\n\r\n",
    "LF alone in a chunk's extension": CHUNKED + b"1;a\nb\r\na\r\n0\r\n\r\n",
    "CR alone in a chunk's extension": CHUNKED + b"1;a\rb\r\na\r\n0\r\n\r\n",
    "NUL in a chunk's extension": CHUNKED + b"1;a\0b\r\na\r\n0\r\n\r\n",
    "a length after the chunks": CHUNKED + b"0\r\nContent-Length: 7\r\n\r\n",
    "a folded trailer": CHUNKED + b"0\r\nA: b\r\n c\r\n\r\n",
}
OTHERS = {
    "HTTP/0.9": (b"GET /\r\n\r\n", 505, "unsupported_http_version"),
    "HTTP/0.9 by name": (b"GET / HTTP/0.9\r\n\r\n", 505, "unsupported_http_version"),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505, "unsupported_http_version"),
    "HTTP/2": (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "unsupported_http_version"),
    "HTTP/3": (b"GET / HTTP/3.7\r\nHost: x\r\n\r\n", 505, "unsupported_http_version"),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unsupported_http_version"),
    "a long path": (b"GET /" + b"x" * LONGEST_TARGET + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, "query_too_large"),
    "a long query": (b"GET /?" + b"x" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, "query_too_large"),
    "a target without an end": (b"GET /" + b"x" * 500_000, 400, "query_too_large"),
    "a large header": (HEAD + b"A: " + b"x" * MOST_HEADERS_BYTES + b"\r\n\r\n", 431, "head_too_large"),
    "a header without an end": (HEAD + b"A: " + b"x" * 500_000, 431, "head_too_large"),
    "a name without an end": (HEAD + b"x" * 1_000_000, 431, "head_too_large"),
    "a large header of who asks for another protocol": (
        HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nA: " + b"x" * MOST_HEADERS_BYTES + b"\r\n\r\n",
        431,
        "head_too_large",
    ),
    "many headers": (HEAD + b"A: b\r\n" * 30_000 + b"\r\n", 431, "head_too_large"),
    "many trailers": (CHUNKED + b"1\r\na\r\n0\r\n" + b"A: b\r\n" * 200_000 + b"\r\n", 431, "head_too_large"),
    "an extension without an end": (CHUNKED + b"1;" + b"x" * 1_000_000, 431, "head_too_large"),
    "empty lines without an end": (b"\r\n" * 250_000, 431, "head_too_large"),
    "a length beyond 64 bits": (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", 413, "payload_too_large"),
    "a chunk beyond 64 bits": (CHUNKED + b"f" * 17 + b"\r\na\r\n", 413, "payload_too_large"),
}
CASES = {name: (sent, 400, "malformed_request") for name, sent in MALFORMED.items()} | OTHERS


@pytest.fixture(scope="module")
def port(serve, log):
    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        log.append((scope["path"], body, scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    return serve(app)


@pytest.fixture
def exchange(port):
    """Sends the pieces and returns all that comes until the server ends the connection."""

    def exchange(*pieces):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            for piece in pieces:
                connection.sendall(piece)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    return exchange


def refusal(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert headers["cache-control"] == "no-store"
    assert headers["date"].endswith(" GMT")
    assert headers["access-control-allow-origin"] == "*"
    assert int(headers["content-length"]) == len(body)
    told = json.loads(body)
    assert re.fullmatch(r"[0-9a-f]{32}", told["request_id"])
    assert headers["x-request-id"] == told["request_id"]
    assert told["message"]
    return int(status.split()[1]), told["error"]


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_request_gets_the_error_body(name, exchange, asked):
    sent, status, code = CASES[name]
    assert refusal(exchange(sent + HIDDEN)) == (status, code)
    assert asked == []


@pytest.mark.parametrize("name", CASES)
def test_a_request_in_pieces_is_refused_in_the_same_way(name, exchange, asked):
    sent, status, code = CASES[name]
    half = len(sent) // 2
    assert refusal(exchange(sent[:half], sent[half:], HIDDEN)) == (status, code)
    assert asked == []


@pytest.mark.parametrize("name", CASES)
def test_earlier_requests_are_answered_first(name, exchange, asked):
    sent, status, code = CASES[name]
    answer = exchange(HEAD + b"Content-Length: 1\r\n\r\na" + sent + HIDDEN)
    first, ok, rest = answer.partition(b"\r\n\r\nok")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert ok
    assert refusal(rest) == (status, code)
    assert [path for path, *_ in asked] == ["/"]


def test_a_head_of_just_the_most_that_may_be_is_answered(exchange, asked):
    target = b"/" + b"x" * (LONGEST_TARGET - 1)
    head = b"GET " + target + b" HTTP/1.1\r\nConnection: close\r\nHost: x\r\nA: "
    sizes = len(b"Connection: close\r\nHost: x\r\nA: \r\n")
    full = head + b"y" * (MOST_HEADERS_BYTES - sizes) + b"\r\n\r\n"
    assert exchange(full).startswith(b"HTTP/1.1 200 ")
    assert refusal(exchange(full.replace(b"A: ", b"AA: "))) == (431, "head_too_large")
    assert len(asked) == 1


def test_a_trailer_is_no_header_of_the_request(exchange, asked):
    answer = exchange(
        CHUNKED + b"1\r\na\r\n0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n" + b"bad\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert asked == [("/", b"a", [(b"host", b"x"), (b"transfer-encoding", b"chunked")])]


def test_a_browser_may_read_the_refusal(exchange):
    sent = b"GET /?" + b"x" * LONGEST_TARGET + b" HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example\r\n\r\n"
    assert refusal(exchange(sent)) == (400, "query_too_large")


def test_a_client_that_sends_everything_first_reads_the_refusal(exchange):
    sent = HEAD + b"A: b\0\r\nContent-Length: 8000000\r\n\r\n"
    assert refusal(exchange(sent, *[b"x" * 100_000] * 80)) == (400, "malformed_request")


def test_a_refused_client_that_stays_idle_is_disconnected(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        with pytest.raises(ConnectionError):  # noqa: PT012  (which of them finds out is a matter of luck)
            while True:
                time.sleep(0.05)
                connection.sendall(b"x" * 1000)


def test_an_answer_that_has_begun_goes_to_its_end_and_no_refusal_into_it(serve):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await asyncio.sleep(1)
        await send({"type": "http.response.body", "body": b"two"})

    with socket.create_connection(("127.0.0.1", serve(app)), timeout=10) as connection:
        connection.sendall(CHUNKED + b"1\r\na\r\n")
        answer = b""
        while not answer.endswith(b"one"):
            answer += connection.recv(1000)
        connection.sendall(b"nonsense\r\n\r\n")
        assert b"".join(iter(lambda: connection.recv(1000), b"")) == b"two"


def test_too_many_pipelined_requests_are_refused(exchange, asked):
    answer = exchange(HIDDEN * 5000)
    assert answer.count(b"HTTP/1.1 200 ") == len(asked) == 101
    assert refusal(answer[answer.rindex(b"HTTP/1.1 ") :]) == (429, "too_many_at_once")


def test_a_request_to_upgrade_is_answered_in_the_same_protocol(exchange, asked):
    for protocol in (b"websocket", b"h2c"):
        upgrade = b"GET /one HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
        assert exchange(upgrade + HIDDEN).count(b"HTTP/1.1 200 ") == 1
    assert [path for path, *_ in asked] == ["/one", "/one"]


def test_an_empty_line_between_requests_is_not_kept_waiting_for_ever(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(HIDDEN)
        assert connection.recv(1000).endswith(b"ok")
        connection.sendall(b"\r\n")
        assert connection.recv(1000) == b""


def test_bytes_after_the_last_request_reach_no_app(exchange, asked):
    last = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert exchange(last + HIDDEN).count(b"HTTP/1.1 200 ") == 1
    assert [path for path, *_ in asked] == ["/last"]
