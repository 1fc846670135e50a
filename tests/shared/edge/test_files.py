"""A file as an answer: whole, in part, or its headers alone."""

from typing import Any

import pytest
from starlette.requests import Request

from shared.edge.files import RangeNotSatisfiable, file_response, part
from shared.runtime.blobs import Span

pytestmark = pytest.mark.anyio
TEN = b"0123456789"
TAGS = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}


@pytest.fixture
def fetch():
    """`await fetch("GET", Range="bytes=0-1")`: status, headers and bytes of the answer."""

    async def send(method: str = "GET", content: bytes = TEN, **headers: str):
        async def read(span: Span | None):
            async def pieces():
                yield content if span is None else content[span.start : span.start + span.length]

            return pieces()

        sent = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        request = Request({"type": "http", "method": method, "headers": sent})
        answer: Any = await file_response(request, TAGS, len(content), read)
        body = b"".join([piece async for piece in answer.body_iterator]) if method == "GET" else answer.body
        return answer.status_code, answer.headers, body

    return send


async def test_200_with_the_whole_file(fetch):
    status, headers, body = await fetch()
    assert (status, body) == (200, TEN)
    assert (headers["content-length"], headers["accept-ranges"]) == ("10", "bytes")
    assert (headers["etag"], "content-range" in headers) == ('"v1"', False)


async def test_206_with_the_part_and_where_it_lies(fetch):
    status, headers, body = await fetch(Range="bytes=2-4")
    assert (status, body) == (206, b"234")
    assert (headers["content-range"], headers["content-length"]) == ("bytes 2-4/10", "3")


async def test_200_returns_headers_only_and_ignores_a_range(fetch):
    status, headers, body = await fetch("HEAD", Range="bytes=2-4")
    assert (status, headers["content-length"], body) == (200, "10", b"")
    assert "content-range" not in headers


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"v1"', 206), (TAGS["Last-Modified"], 206), ('"v2"', 200), ('W/"v1"', 200), ("Mon, 02 Mar 2026", 200)],
)
async def test_a_part_of_the_file_that_the_client_knows_and_of_no_other(fetch, condition, status):
    assert (await fetch(Range="bytes=0-1", If_Range=condition))[0] == status


async def test_the_whole_of_an_empty_file_which_has_no_last_bytes(fetch):
    status, _, body = await fetch(content=b"", Range="bytes=-5")
    assert (status, body) == (200, b"")


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)), ("bytes=0-9", Span(0, 10)), ("bytes=3-", Span(3, 7)), ("bytes=-3", Span(7, 3)),
        ("bytes=-10", Span(0, 10)), ("bytes=-11", Span(0, 10)), ("bytes=9-", Span(9, 1)), ("bytes=8-99", Span(8, 2)),
        ("BYTES=1-2", Span(1, 2)), ("bytes= 1-2 ,", Span(1, 2)), ("bytes=\t1-2", Span(1, 2)), ("bytes=4-4", Span(4, 1)),
        (f"bytes=1-{'9' * 30}", Span(1, 9)), (f"bytes=-{'9' * 30}", Span(0, 10)), ("bytes=0000-0001", Span(0, 2)),
        (f"bytes=1-{'0' * 30}2", Span(1, 2)),
    ],
)  # fmt: skip
def test_the_part_that_a_range_asks_for(header, span):
    assert part(header, 10) == span


@pytest.mark.parametrize(
    "header",
    ["", "bytes=", "bytes=-", "bytes=2-1", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=1", "bytes 0-1",
     "bytes=1-2-3", "bytes=+1-2", "bytes=٠-١"],
)  # fmt: skip
def test_anything_but_a_single_range_returns_the_whole_file(header):
    assert part(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", f"bytes={'9' * 30}-"])
def test_416_returns_the_size_for_a_range_without_bytes(header):
    with pytest.raises(RangeNotSatisfiable) as refused:
        part(header, 10)
    assert refused.value.details == {"size_bytes": 10}


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0"])
def test_416_for_the_first_byte_of_an_empty_file(header):
    with pytest.raises(RangeNotSatisfiable):
        part(header, 0)
