"""Tables of routes, which lead a request to its handler with its arguments."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from shared.kernel import json
from shared.kernel.errors import MethodNotAllowed, NotFound, Refusal, Unavailable
from shared.quotas.rates import RateClass
from shared.runtime.postgres.errors import Busy
from shared.runtime.shares import Overloaded, TooManyAtOnce

from .address import query_text
from .body import parse_body, parse_fields, read_body
from .call import Call
from .documentation import Description, Documentation, admits
from .response import encoded

Admit = Callable[[Call], Awaitable[Any]]
"""Admits the caller or raises a refusal. Its result is the handler's first argument."""
DATABASE: tuple[type[Refusal], ...] = (Unavailable, Busy, TooManyAtOnce, Overloaded)
"""The refusals of every route that uses the database."""
_DESCRIPTION, _DOCUMENTATION = Description(), Documentation()
ANY = "*"
"""Stands for every method or every path."""
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_CONVERTERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "": ("[^/]+", str),
    "path": (".+", str),
    "uuid": ("[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", UUID),
}


class NoSuchPath(NotFound):
    default_message = "no route of this host answers that path"


class Route(msgspec.Struct, frozen=True):
    """What a route takes, who may call it, what it answers. The documents are made from it too."""

    method: str
    path: str
    """Below the table's prefix. `{x}` is one segment, `{x:uuid}` one that is a UUID, `{x:path}` all the rest."""
    handler: Callable[..., Awaitable[Any]]
    """Takes the result of `admit`, then the path's parameters, and `query` and `body` if the route has them."""
    admit: Admit
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    result: Any = None
    status: int = 200
    rate: RateClass | None = None
    """Counted besides the surface's own rate."""
    refusals: tuple[type[Refusal], ...] = ()
    acts: bool = False
    """Marks a GET with an effect: HEAD, which programs send to look at a link, does not reach it."""
    described: Description = _DESCRIPTION

    @property
    def summary(self) -> str:
        return self.described.title or (self.handler.__doc__ or "").partition("\n")[0]

    @property
    def template(self) -> str:
        """The path as OpenAPI has it."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def methods(self) -> tuple[str, ...]:
        return ("GET", "HEAD") if self.method == "GET" and not self.acts else (self.method,)


@admits()
async def open_to_all(call: Call) -> Call:
    """Admit everybody; the handler takes the call itself."""
    return call


@admits()
async def as_declared(call: Call) -> Call:
    """Admit everybody whom the declaration of the function admits, by kind of caller and scope."""
    return call


def default_refusal(_call: Call, path: str, allowed: Sequence[str]) -> Refusal:
    """Return the refusal of a path without a route, or without one for the method."""
    if allowed:
        return MethodNotAllowed(f"{path or '/'} answers {', '.join(allowed)}", allowed=list(allowed))
    return NoSuchPath()


class _Entry(msgspec.Struct, frozen=True):
    route: Route
    label: str
    """For the log; empty for a route of every path."""
    pattern: re.Pattern[str] | None
    readers: dict[str, Callable[[str], Any]]

    def parameters(self, path: str) -> dict[str, Any] | None:
        found = self.pattern.fullmatch(path) if self.pattern else None
        return {name: self.readers[name](text) for name, text in found.groupdict().items()} if found else None


class Routes:
    """A table of routes. Exact paths come first, then patterns in their order, then a route of every path.

    A trailing slash is ignored, except in the rest of a path that `{x:path}` takes.
    """

    def __init__(
        self,
        prefix: str,
        routes: Sequence[Route],
        refusal: Callable[[Call, str, Sequence[str]], Refusal] = default_refusal,
        *,
        documentation: Documentation = _DOCUMENTATION,
        operations: Sequence[Route] = (),
    ) -> None:
        """Build the table.

        `refusal` takes the call, its path and the methods of that path, if any. `operations` are in the documents in
        place of a route of every path, whose protocol has its own paths.
        """
        self.prefix = prefix
        self._routes = tuple(routes)
        self.documentation = documentation
        self.operations = tuple(operations) or self._routes
        self._refusal = refusal
        self._exact: dict[str, dict[str, _Entry]] = {}
        self._patterns: dict[str, list[_Entry]] = {}
        self._every_path: dict[str, _Entry] = {}
        for route in routes:
            label = "" if route.path == ANY else f"{route.method} {route.template}"
            entry = _Entry(route, label, *_compiled(route.path))
            for method in route.methods:
                if route.path == ANY:
                    self._every_path[method] = entry
                elif entry.pattern is None:
                    self._exact.setdefault(_without_slash(route.path), {})[method] = entry
                else:
                    self._patterns.setdefault(method, []).append(entry)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def match(self, call: Call) -> tuple[_Entry, dict[str, Any]]:
        """Return the route's entry and the parameters of its path.

        Raises:
            Refusal: no route answers the path, or none that method.
        """
        scope = call.request.scope
        method, path = scope["method"], scope["path"].removeprefix(self.prefix)
        exact = self._exact.get(path) or self._exact.get(_without_slash(path))
        if exact and (entry := exact.get(method) or exact.get(ANY)):
            return entry, {}
        for entries in (self._patterns.get(method, ()), self._patterns.get(ANY, ())):
            for entry in entries:
                if (found := entry.parameters(path)) is not None:
                    return entry, found
        if entry := self._every_path.get(method) or self._every_path.get(ANY):
            return entry, {}
        raise self._refusal(call, _without_slash(path), self._allowed(path))

    def _allowed(self, path: str) -> list[str]:
        exact = self._exact.get(_without_slash(path), {})
        fitting = [method for method, entries in self._patterns.items() if any(_fits(entry, path) for entry in entries)]
        return list(dict.fromkeys([*exact, *fitting, *self._every_path]))


async def answer(routes: Routes, call: Call) -> Response:
    """Return the route's answer.

    Raises:
        Refusal: for the path, the caller, the rate, the query or the body, in this order; or the handler's own.
    """
    entry, parameters = routes.match(call)
    route = entry.route
    if entry.label:
        call.log["route"] = entry.label
    caller = await route.admit(call)
    if route.rate is not None:
        await call.charge(route.rate)
    if route.query is not None or route.body is not None:
        parameters |= await _arguments(route, call)
    result = await route.handler(caller, **parameters)
    if isinstance(result, Response):
        return result
    return encoded(b"" if result is None else json.encode(result), status=route.status)


def _fits(entry: _Entry, path: str) -> bool:
    return entry.parameters(path) is not None


def _without_slash(path: str) -> str:
    return path.removesuffix("/") if path.strip("/") else ""


def _compiled(path: str) -> tuple[re.Pattern[str] | None, dict[str, Callable[[str], Any]]]:
    """Return the pattern of a path with the readers of its parameters; None for a path without parameters."""
    literal, *parts = _PARAMETER.split(path)
    if not parts:
        return None, {}
    text, readers = re.escape(literal), {}
    for name, kind, literal in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        pattern, readers[name] = _CONVERTERS[kind or ""]
        text += f"(?P<{name}>{pattern}){re.escape(literal)}"
    takes_rest = path.endswith(":path}")
    return re.compile(text if takes_rest else f"{text}/?", re.DOTALL), readers


async def _arguments(route: Route, call: Call) -> dict[str, BaseModel]:
    arguments: dict[str, BaseModel] = {}
    if route.query is not None:
        arguments["query"] = parse_fields(route.query, query_text(call.request))
    if route.body is not None:
        content_type = call.headers.get("content-type", "")
        arguments["body"] = parse_body(route.body, await read_body(call.request), content_type, form=False)
    return arguments
