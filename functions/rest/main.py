"""/rest/v1: the organization's tables and functions, by PostgREST's rules.

Every call sends the project's publishable or secret key as `apikey`; Authorization holds a person's or an agent's
token. Reads need the scope read, all other calls write; plan limits, rates and daily calls are those of the functions.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import PUBLIC

from .errors import error_response
from .routes import ROUTES


@surface(tag="Tables", access=ANYONE, rate=PUBLIC, refuse=error_response, counts_itself=True, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
