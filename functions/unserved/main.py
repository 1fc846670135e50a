"""/realtime/v1 and /graphql/v1: what clients of a whole Supabase project may ask for and this host does not serve.

A key of the project is asked for all the same, so that a client with a wrong one learns that first.
"""

from starlette.responses import Response

from shared.auth.credentials import MissingProjectKey, UnknownProjectKey, platform_caller
from shared.edge import ANYONE, Call, surface
from shared.edge.routing import ANY, Route, Routes, answer
from shared.kernel.errors import Refusal
from shared.quotas.rates import PUBLIC


class NotServed(Refusal):
    """A client that retries will not be served later either."""

    status = 501
    code = "not_served"
    default_message = "this host serves no realtime and no GraphQL: read with /rest/v1, and ask again for news"


async def with_key(call: Call) -> Call:
    """Admit whoever has a key of the project."""
    platform_caller(call.request.headers, call.request.query_params, key_required=True)
    return call


async def refuse(_call: Call) -> Response:
    """Realtime and GraphQL are not served by this host."""
    raise NotServed


_REFUSALS = (MissingProjectKey, UnknownProjectKey, NotServed)
ROUTES = Routes("", [Route(ANY, ANY, refuse, with_key, refusals=_REFUSALS)])


@surface(tag="Integrations", access=ANYONE, rate=PUBLIC, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
