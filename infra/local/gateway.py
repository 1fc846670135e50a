"""Every function behind one address: an ASGI app that dispatches on the path, for local runs and tests."""

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from infra import functions
from infra.local import mailbox
from shared.runtime import http
from shared.runtime.postgres import leases
from shared.runtime.store import client

SURFACES = {"auth": "auth", "rest": "rest", "storage": "storage", "graphql": "unserved", "realtime": "unserved"}
"""First segments of the platform's paths, and the function that answers below `/<segment>/v1/`."""
DISCOVERY = "discovery"
"""Answers every other path, most of them with a plain 404."""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] == "websocket":
        await _refuse_websocket(scope, receive, send)
        return
    request = Request(scope, receive, send)
    found = await mailbox.answer(request) if mailbox.is_mine(scope["path"]) else None
    response = found or await functions.handler(function_of(scope["path"]))(request)
    await response(scope, receive, send)


def function_of(path: str) -> str:
    """Return the folder of the function that answers the path; a trailing slash makes no difference."""
    first, *rest = path.removeprefix("/").removesuffix("/").split("/")
    name = ""
    if rest and rest[0] == "v1" and first == "functions":
        name = rest[1].replace("-", "_") if len(rest) > 1 and "_" not in rest[1] else ""
    elif rest and rest[0] == "v1" and first in SURFACES:
        name = SURFACES[first]
    return name if name in functions.names() else DISCOVERY


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a WebSocket request as the same GET, before any handshake: no function speaks WebSocket."""

    async def respond(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    plain = {**scope, "type": "http", "method": "GET"}
    response = await functions.handler(function_of(scope["path"]))(Request(plain, receive, send))
    await response(plain, receive, respond)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await leases.close()
            await client.close()
            await http.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
