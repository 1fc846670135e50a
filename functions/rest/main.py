"""/rest/v1: the organization's tables and functions, by PostgREST's rules.

Every call sends the project's publishable or secret key as `apikey`; Authorization holds a person's or an agent's
token. Reads need the scope read, all other calls write; plan limits, rates and daily calls are those of the functions.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import ANY, Route, Routes, answer
from shared.platform.rest import app
from shared.quotas.rates import PUBLIC

from .advice import advised, timed
from .callers import identify
from .errors import error_response
from .host import NexusHost
from .outages import worded
from .translation import incoming, outgoing


async def serve(call: Call) -> Response:
    """Answer by PostgREST's rules, which define their own paths and methods."""
    request, host = await incoming(call), NexusHost(call)
    response = timed(await advised(await app.answer(request, host), request, host))
    return outgoing(worded(response, call.request_id))


ROUTES = Routes("/rest/v1", [Route(ANY, ANY, serve, identify)])


@surface(tag="Tables", access=ANYONE, rate=PUBLIC, refuse=error_response, counts_itself=True, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
