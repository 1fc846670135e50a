"""Every function behind one address: an ASGI app that dispatches on the path, for local runs and tests.

A function is imported at its first request, by the name `functions.<name>.main`: loaded under the framework's one name
`main`, functions would get each other's siblings.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from infra.local import mailbox
from shared.edge.spec import Handler, Spec
from shared.runtime import db, http
from shared.runtime.store import client

FUNCTIONS = Path(__file__).parent.parent / "functions"
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
    response = found or await handler(function_of(scope["path"]))(request)
    await response(scope, receive, send)


def function_of(path: str) -> str:
    """The folder of the function that answers the path; a trailing slash is no other path."""
    first, *rest = path.removeprefix("/").removesuffix("/").split("/")
    name = ""
    if rest and rest[0] == "v1" and first == "functions":
        name = rest[1].replace("-", "_") if len(rest) > 1 and "_" not in rest[1] else ""
    elif rest and rest[0] == "v1" and first in SURFACES:
        name = SURFACES[first]
    return name if name in names() else DISCOVERY


@cache
def names() -> frozenset[str]:
    return frozenset(path.parent.name for path in FUNCTIONS.glob("*/main.py"))


@cache
def handler(name: str) -> Handler:
    found: Handler = import_module(f"functions.{name}.main").handler
    return found


def spec(name: str) -> Spec:
    declared: Spec = handler(name).spec  # type: ignore[attr-defined]
    return declared


def specs() -> Iterator[Spec]:
    """What every function declares, by name; imports them all."""
    return (spec(name) for name in sorted(names()))


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """No function speaks WebSocket: who asks for one gets the answer that a plain GET gets, before any handshake."""

    async def respond(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    plain = {**scope, "type": "http", "method": "GET"}
    response = await handler(function_of(scope["path"]))(Request(plain, receive, send))
    await response(plain, receive, respond)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await db.close()
            await client.close()
            await http.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
