"""The interface as an ASGI application of its own, for a server that serves nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from .app import answer
from .errors import RestRefusal
from .host import Host, Response
from .request import Incoming
from .response import refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
_METHODS = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
_HEADERS = ("Authorization", "Accept", "Accept-Language", "Content-Language")
_EXPOSED = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding"
_MAX_AGE_S = "86400"
_TOO_LARGE = 413


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


class Application:
    """An ASGI application.

    `host_of` returns the host that a request runs on, or refuses the request. `running` stays open while the
    application is served.
    """

    def __init__(
        self,
        host_of: Callable[[Incoming], Awaitable[Host]],
        *,
        allowed_origins: frozenset[str] = frozenset(),
        running: Callable[[], AbstractAsyncContextManager[None]] = _nothing,
        most_bytes: int = 100 * 2**20,
    ) -> None:
        self._host_of = host_of
        self._allowed_origins = allowed_origins
        self._running = running
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
        named = dict(headers)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in named:
            await _send(send, Response(200, self._preflight(named)))
            return
        body = await self._body(receive)
        response = Response(_TOO_LARGE) if body is None else await self._answer(scope, headers, body)
        await _send(send, Response(response.status, (*response.headers, *self._cors(named)), response.body))

    async def _answer(self, scope: Scope, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
        incoming = Incoming(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)
        try:
            host = await self._host_of(incoming)
        except RestRefusal as refusal:
            return refused(refusal)
        return await answer(incoming, host)

    async def _body(self, receive: Receive) -> bytes | None:
        """Read the body; return None when it is larger than `most_bytes`."""
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > self._most_bytes:
                return None
        return b"".join(parts)

    def _cors(self, headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
        origin = self._origin(headers)
        return (
            ()
            if origin is None
            else (("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _EXPOSED))
        )

    def _preflight(self, headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
        origin = self._origin(headers)
        requested = [
            part.strip() for part in headers.get("access-control-request-headers", "").split(",") if part.strip()
        ]
        if origin is None:
            return ()
        return (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Methods", _METHODS),
            ("Access-Control-Allow-Headers", ", ".join(dict.fromkeys((*_HEADERS, *requested)))),
            ("Access-Control-Max-Age", _MAX_AGE_S),
        )

    def _origin(self, headers: dict[str, str]) -> str | None:
        """Return the origin that may read the answer: `*` for every one, None for none."""
        if not self._allowed_origins:
            return "*"
        origin = headers.get("origin")
        return origin if origin in self._allowed_origins else None


async def _send(send: Send, response: Response) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.headers]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
