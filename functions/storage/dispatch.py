"""From a request to its route: the path, who asks, how often, then the body."""

import re
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.responses import Response

from shared.auth.credentials import platform_caller
from shared.edge import Call
from shared.edge.body import parse_body, parse_fields, read_body
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import InvalidToken, MissingToken
from shared.platform.storage.models import Caller
from shared.platform.storage.refusals import MissingAuthorization, NoSuchRoute
from shared.quotas.rates import STANDARD
from shared.tenancy.principal import ANONYMOUS, Kind, Principal

PREFIX = "/storage/v1"
_SEGMENTS = {"{bucket}": r"(?P<bucket>[^/]+)", "{name}": r"(?P<name>.+)"}


class Access(StrEnum):
    OPEN = "open"
    """Nobody is asked who they are: the object is public, or its address says what may be done."""
    PLAIN = "plain"
    """Whoever has no good credential may still read what is public."""
    CALLER = "caller"


class Route(NamedTuple):
    """What a route takes, who may ask it and what it answers; the documents are made of it too."""

    method: str
    path: str
    """Below /storage/v1; {bucket} is one segment, {name} all the rest."""
    handler: Callable[..., Awaitable[Any]]
    """Takes the visit, then `bucket`, `name`, `query` and `body` where the route has them."""
    access: Access = Access.CALLER
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    result: Any = None
    """None where the answer is bytes, or none of ours to describe."""
    takes_bytes: bool = False

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").partition("\n")[0]


class Visit(NamedTuple):
    call: Call
    asking: Caller | None

    @property
    def caller(self) -> Caller:
        if self.asking is None:
            raise AssertionError("a route that asks nobody who they are")
        return self.asking


async def answer(routes: Sequence[Route], call: Call) -> Response:
    """The route's answer.

    Raises:
        Refusal: whatever stands in the way, in the order of this module's first line.
    """
    method = "GET" if call.request.method == "HEAD" else call.request.method
    route, found = _route(routes, method, _path(call))
    call.log["route"] = f"{route.method} {route.path}"
    visit = Visit(call, await _asking(route, call))
    result = await route.handler(visit, **found, **await _arguments(route, call))
    return result if isinstance(result, Response) else encoded(json.encode(result), status=200)


def _path(call: Call) -> str:
    # As the server decoded it, once: a name may have any character, also those that an address gives a meaning to.
    path: str = call.request.scope["path"]
    return path.removeprefix(PREFIX)


def _route(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route in routes:
        found = _pattern(route.path).fullmatch(path) if route.method == method else None
        if found:
            return route, found.groupdict()
    raise NoSuchRoute


@cache
def _pattern(path: str) -> re.Pattern[str]:
    for segment, pattern in _SEGMENTS.items():
        path = path.replace(segment, pattern)
    return re.compile(f"{path}/?" if path.endswith("bucket") else path, re.DOTALL)


async def _asking(route: Route, call: Call) -> Caller | None:
    principal = _principal(route, call)
    if principal is None:
        return None
    return await counted(principal, call)


async def counted(principal: Principal, call: Call) -> Caller:
    """The caller, once this call is on their account."""
    call.principal = principal
    if principal.kind in (Kind.USER, Kind.AGENT):
        call.rate = STANDARD
        await call.charge()
    return Caller(principal, call.request_id, call.calls_today)


def _principal(route: Route, call: Call) -> Principal | None:
    if route.access is Access.OPEN:
        return None
    headers, query = call.request.headers, call.request.query_params
    try:
        principal = platform_caller(headers, query, key_required=False)
    except (MissingToken, InvalidToken):
        if route.access is Access.PLAIN:
            return None
        raise
    if principal is ANONYMOUS and not (headers.get("authorization") or headers.get("apikey") or query.get("apikey")):
        if route.access is Access.PLAIN:
            return None
        raise MissingAuthorization
    return principal


async def _arguments(route: Route, call: Call) -> dict[str, BaseModel]:
    arguments: dict[str, BaseModel] = {}
    if route.query is not None:
        arguments["query"] = parse_fields(route.query, call.request.scope["query_string"].decode("latin-1"))
    if route.body is not None:
        content_type = call.request.headers.get("content-type", "")
        arguments["body"] = parse_body(route.body, await read_body(call.request), content_type, form=False)
    return arguments
