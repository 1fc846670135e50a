"""/auth/v1: people's accounts and sessions, for supabase clients.

Every call sends the project's publishable or secret key as `apikey`, except for keys, health and the paths of mailed
links; Authorization holds a person's access token or, for `admin`, a secret key.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import ACCOUNTS

from .errors import error_response
from .routes import ROUTES


@surface(tag="Auth", access=ANYONE, rate=ACCOUNTS, refuse=error_response, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
