"""Outgoing HTTP calls: one connection pool for each event loop, timeouts everywhere, limited and checked downloads."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import urljoin
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx

_CONNECT_S, _READ_S, _WRITE_S, _POOL_S = 5.0, 20.0, 20.0, 5.0
_CONNECTIONS, _KEPT = 100, 20
_MOST_REDIRECTS = 3
_CHUNK_BYTES = 65_536
USER_AGENT = "nexus/1.0"


class DownloadFailedError(Exception):
    """A download that failed; `may_succeed_later` tells a busy or broken server from one that refuses."""

    def __init__(self, message: str, *, may_succeed_later: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.may_succeed_later = may_succeed_later
        self.status = status


class FileTooLargeError(Exception):
    """The file has more bytes than the limit; reading stopped there."""


class Downloaded(NamedTuple):
    """A complete download; `content_type` is the server's, without parameters."""

    content_type: str
    size: int
    sha256: bytes


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


def client() -> "httpx.AsyncClient":
    """Return the event loop's client, which follows no redirects: the caller decides where a call goes."""
    import httpx  # noqa: PLC0415  100 ms, only for functions that make calls

    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None:
        found = _clients[loop] = httpx.AsyncClient(
            timeout=httpx.Timeout(connect=_CONNECT_S, read=_READ_S, write=_WRITE_S, pool=_POOL_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_KEPT),
            headers={"User-Agent": USER_AGENT},
            follow_redirects=False,
        )
    return found


async def close() -> None:
    """Close this event loop's connections; a later call opens new ones."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


async def download(
    url: str,
    into: BinaryIO,
    *,
    limit_bytes: int,
    may_visit: Callable[[str], bool],
    headers: Mapping[str, str] | None = None,
) -> Downloaded:
    """Download the file; `may_visit` decides on the URL and on every redirect, and `headers` go to all of them.

    Raises:
        DownloadFailedError: a URL that may not be visited, no answer, or an answer that is no file.
        FileTooLargeError: the declared or the received size is above the limit.
    """
    for _ in range(_MOST_REDIRECTS + 1):
        if not may_visit(url):
            raise DownloadFailedError("downloads from this address are not allowed", may_succeed_later=False)
        answer = await _visit(url, into, limit_bytes=limit_bytes, headers=headers)
        if isinstance(answer, Downloaded):
            return answer
        url = urljoin(url, answer)
    raise DownloadFailedError("too many redirects", may_succeed_later=False)


async def _visit(url: str, into: BinaryIO, *, limit_bytes: int, headers: Mapping[str, str] | None) -> Downloaded | str:
    """Return the file, or the URL of a redirect."""
    import httpx  # noqa: PLC0415

    try:
        async with client().stream("GET", url, headers=headers) as answer:
            if answer.has_redirect_location:
                return str(answer.headers["location"])
            if not answer.is_success:
                busy = answer.is_server_error or answer.status_code in {408, 425, 429}
                raise DownloadFailedError(
                    f"the server answered {answer.status_code}", may_succeed_later=busy, status=answer.status_code
                )
            return await _written(answer, into, limit_bytes)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        unanswered = isinstance(fault, httpx.HTTPError) and not isinstance(fault, httpx.UnsupportedProtocol)
        raise DownloadFailedError(repr(fault), may_succeed_later=unanswered) from fault


async def _written(answer: "httpx.Response", into: BinaryIO, limit_bytes: int) -> Downloaded:
    declared = answer.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise FileTooLargeError
    digest, size = hashlib.sha256(), 0
    async for chunk in answer.aiter_bytes(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit_bytes:
            raise FileTooLargeError
        digest.update(chunk)
        into.write(chunk)
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(content_type, size, digest.digest())
