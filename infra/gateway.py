"""Every function behind one address: an ASGI app that dispatches on the path, for local runs and tests.

A function is imported at its first request, by the name `functions.<name>.main`: loaded under the framework's one name
`main`, functions would get each other's siblings.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.edge.spec import Handler, Spec
from shared.runtime import db, http, store

FUNCTIONS = Path(__file__).parent.parent / "functions"
SURFACES = {"auth": "auth", "rest": "rest", "storage": "storage"}
"""First segments of the platform's paths, and the function that answers below `/<segment>/v1/`."""
DISCOVERY = "discovery"
"""Answers every other path, most of them with a plain 404."""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    response = await handler(function_of(scope["path"]))(Request(scope, receive, send))
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


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await db.close()
            await store.close()
            await http.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
