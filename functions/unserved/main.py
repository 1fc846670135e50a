"""/realtime/v1 and /graphql/v1: parts of Supabase that this host does not serve.

They still require a key of the project, so that a client with a wrong key learns that first.
"""

from starlette.responses import Response

from shared.auth.credentials import MissingProjectKey, UnknownProjectKey, platform_caller
from shared.edge import ANYONE, Call, surface
from shared.edge.documentation import Description, Documentation, admits
from shared.edge.routing import ANY, Route, Routes, answer
from shared.kernel.errors import Refusal
from shared.quotas.rates import PUBLIC


class NotServed(Refusal):
    """A retry does not help."""

    status = 501
    code = "not_served"
    default_message = "this host serves no realtime and no GraphQL: read with /rest/v1, and read again for changes"


@admits({"apikey": []}, refusals=(MissingProjectKey, UnknownProjectKey))
async def with_key(call: Call) -> Call:
    """Admit callers with a key of the project."""
    platform_caller(call.request.headers, call.request.query_params, key_required=True)
    return call


async def refuse(_call: Call) -> Response:
    """Refuse Realtime and GraphQL, which this host does not serve."""
    raise NotServed


def _operation(method: str, path: str, name: str, title: str) -> Route:
    described = Description(name=name, title=f"{title} is not served by this host", answers={})
    return Route(method, path, refuse, with_key, refusals=(NotServed,), described=described)


ROUTES = Routes(
    "",
    [Route(ANY, ANY, refuse, with_key, refusals=(NotServed,))],
    documentation=Documentation(name="", address="/realtime/v1/… and /graphql/v1"),
    operations=[
        _operation("POST", "/graphql/v1", "graphql", "GraphQL"),
        _operation("GET", "/realtime/v1/websocket", "realtime", "Realtime"),
    ],
)


@surface(tag="Integrations", access=ANYONE, rate=PUBLIC, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
