"""From a request to its route: the project's key, the path, who may, how often, then the body."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, assert_never
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from shared.auth.credentials import kept_from_browsers, project_caller
from shared.edge import Call
from shared.edge.body import parse_body, parse_fields, read_body
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import MethodNotAllowed, NotFound, Refusal
from shared.platform.accounts import redirects
from shared.platform.accounts.admin import UserNotFound
from shared.platform.accounts.models import Landing, Visitor
from shared.platform.accounts.proofs.flows import challenge
from shared.quotas.rates import RateClass, charge
from shared.tenancy.principal import Principal

from .access import Access, person, service
from .bodies import Begun
from .left_out import OPEN, refusal_of

PREFIX = "/auth/v1"
_LONGEST_LANGUAGES = 200


class NoSuchPath(NotFound):
    code = "not_found"
    default_message = "no route of this host answers that path"


class Route(NamedTuple):
    """What a route takes, who may ask it and what it answers; the documents are made of it too."""

    method: str
    path: str
    """Below /auth/v1; `{id}` is a user's."""
    handler: Callable[..., Awaitable[Any]]
    """Takes the visit, then `query`, `body` and `user_id` where the route has them."""
    access: Access
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    result: Any = None
    status: int = 200
    rate: RateClass | None = None
    """Beside the surface's own."""
    acts: bool = False
    """A GET that does something once: HEAD, which programs send that only look at a link, does not reach it."""
    refusals: tuple[type[Refusal], ...] = ()

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").partition("\n")[0]


class Visit(NamedTuple):
    call: Call
    principal: Principal | None
    """The person or the service, where the route asks for one."""

    @property
    def visitor(self) -> Visitor:
        headers = self.call.request.headers
        return Visitor(
            self.call.address,
            headers.get("user-agent"),
            self.call.request_id,
            headers.get("accept-language", "")[:_LONGEST_LANGUAGES],
        )

    def landing(self, begun: Begun | None = None, *, asked: str | None = None) -> Landing:
        """Where a mail's link leads: the first place the request names that the host allows.

        Raises:
            InvalidRequest: for a challenge that is none.
        """
        request = self.call.request
        named = (request.query_params.get("redirect_to"), request.headers.get("redirect_to"))
        return Landing(
            redirects.allowed(asked, *named, request.headers.get("referer")),
            challenge(begun.code_challenge, begun.code_challenge_method) if begun else None,
        )

    @property
    def person(self) -> Principal:
        if self.principal is None:
            raise AssertionError("a route that asks for no person")
        return self.principal


async def answer(routes: Sequence[Route], call: Call) -> Response:
    """The route's answer.

    Raises:
        Refusal: whatever stands in the way, in the order of this module's first line.
    """
    path = _path(call)
    if not _is_open(routes, path):
        _project(call)  # Whoever has no key is not told which paths there are.
    route, found = _route(routes, call.request.method, path)
    visit = Visit(call, _admitted(route, call))
    call.log["route"] = f"{route.method} {route.path}"
    if visit.principal is not None:
        call.principal = visit.principal
    if route.rate is not None:
        call.usage = await charge(route.rate, call.principal, address=call.address)
    result = await route.handler(visit, **found, **await _arguments(route, call))
    if isinstance(result, Response):
        return result
    return encoded(b"" if result is None else json.encode(result), status=route.status)


def _path(call: Call) -> str:
    return call.request.url.path.removeprefix(PREFIX).removesuffix("/")


def _is_open(routes: Sequence[Route], path: str) -> bool:
    return path.startswith(OPEN) or any(route.access is Access.OPEN for route in routes if route.path == path)


def _project(call: Call) -> Principal:
    headers = call.request.headers
    return kept_from_browsers(project_caller(headers.get("apikey") or call.request.query_params.get("apikey")), headers)


def _route(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, UUID]]:
    parent, _, last = path.rpartition("/")
    exact = [route for route in routes if route.path == path]
    fitting = exact or [route for route in routes if route.path == f"{parent}/{{id}}"]
    if not fitting:
        raise refusal_of(path) or NoSuchPath
    for route in fitting:
        if method == route.method or (method == "HEAD" and route.method == "GET" and not route.acts):
            return route, {} if exact else {"user_id": _user_id(last)}
    allowed = [route.method for route in fitting]
    raise MethodNotAllowed(f"{path} answers {', '.join(allowed)}", allowed=allowed)


def _user_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        raise UserNotFound("the id in the path is not a UUID") from fault


def _admitted(route: Route, call: Call) -> Principal | None:
    """Whom the route asks for, None where it asks for nobody; a kind of access that is not here lets nobody in."""
    authorization = call.request.headers.get("authorization")
    match route.access:
        case Access.OPEN:
            return None
        case Access.KEY:
            _project(call)
            return None
        case Access.PERSON:
            _project(call)
            return person(authorization)
        case Access.SERVICE:
            return kept_from_browsers(service(_project(call), authorization), call.request.headers)
        case _:
            assert_never(route.access)


async def _arguments(route: Route, call: Call) -> dict[str, BaseModel]:
    arguments: dict[str, BaseModel] = {}
    if route.query is not None:
        arguments["query"] = parse_fields(route.query, call.request.url.query)
    if route.body is not None:
        content_type = call.request.headers.get("content-type", "")
        arguments["body"] = parse_body(route.body, await read_body(call.request), content_type, form=False)
    return arguments
