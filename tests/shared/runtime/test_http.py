"""Downloads from a server that lies, stalls, redirects and stops halfway."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from shared.runtime import http
from shared.runtime.http import Downloaded, DownloadFailedError, FileTooLargeError

pytestmark = pytest.mark.anyio
BODY = b"x" * 100_000
OK = b"HTTP/1.1 200 OK\r\nContent-Type: Image/JPEG; charset=x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


@asynccontextmanager
async def answering(answers: dict[str, bytes]) -> AsyncIterator[tuple[str, list[str]]]:
    """Yield a server that answers each path with those bytes and closes; its address and the requests it got."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(request)
        writer.write(answers[request.split()[1]])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    await http.close()


async def fetched(
    url: str, *, limit: int = 1_000_000, may_visit: Callable[[str], bool] = lambda _: True
) -> tuple[Downloaded, bytes]:
    file, headers = io.BytesIO(), {"Authorization": "Bearer token"}
    found = await http.download(url, file, limit_bytes=limit, may_visit=may_visit, headers=headers)
    return found, file.getvalue()


async def test_a_file_comes_with_its_size_type_and_checksum():
    async with answering({"/a": OK}) as (url, asked):
        found, content = await fetched(f"{url}/a")
    assert found == Downloaded("image/jpeg", len(BODY), hashlib.sha256(BODY).digest())
    assert content == BODY
    assert "user-agent: nexus" in asked[0].lower()


async def test_a_redirect_is_followed_only_to_where_one_may_go():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    async with answering({"/a": moved, "/b": OK}) as (url, asked):
        assert (await fetched(f"{url}/a"))[1] == BODY
        with pytest.raises(DownloadFailedError) as refused:
            await fetched(f"{url}/a", may_visit=lambda address: address.endswith("/a"))
    assert not refused.value.may_succeed_later
    assert [line.split()[1] for line in asked] == ["/a", "/b", "/a"]


async def test_redirects_in_a_circle_end():
    circle = b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"
    async with answering({"/a": circle}) as (url, asked):
        with pytest.raises(DownloadFailedError, match="too many"):
            await fetched(f"{url}/a")
    assert len(asked) == 4


@pytest.mark.parametrize(
    "answer",
    [OK, b"HTTP/1.1 200 OK\r\n\r\n" + BODY, b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"],
    ids=["declared", "undeclared", "declared only"],
)
async def test_a_read_stops_at_the_requested_size(answer):
    async with answering({"/a": answer}) as (url, _):
        with pytest.raises(FileTooLargeError):
            await fetched(f"{url}/a", limit=50_000)


@pytest.mark.parametrize(("status", "later"), [(404, False), (401, False), (410, False), (429, True), (503, True)])
async def test_a_refusal_says_whether_to_come_back(status, later):
    async with answering({"/a": b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status}) as (url, _):
        with pytest.raises(DownloadFailedError) as refused:
            await fetched(f"{url}/a")
    assert (refused.value.status, refused.value.may_succeed_later) == (status, later)


async def test_a_file_that_stops_halfway_may_succeed_later():
    async with answering({"/a": OK[:-1]}) as (url, _):
        with pytest.raises(DownloadFailedError) as refused:
            await fetched(f"{url}/a")
    assert refused.value.may_succeed_later


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://[::1", "nowhere", "http://127.0.0.1:1/"])
async def test_an_address_that_nobody_answers_is_a_failed_download(url):
    with pytest.raises(DownloadFailedError) as refused:
        await fetched(url)
    assert refused.value.may_succeed_later == url.endswith(":1/")
    await http.close()
