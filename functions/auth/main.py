"""/auth/v1: people's accounts and sessions, as supabase clients ask for them.

Every call carries the project's publishable or secret key as `apikey`, but for keys, health and the paths that a link
in a mail opens; a person's access token or, for `admin`, a secret key goes in Authorization.
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
