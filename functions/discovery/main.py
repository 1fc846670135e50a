"""GET / and the documents for a start: what Nexus is, how to get access, and every function in OpenAPI.

`python -m infra.documents` writes them, with placeholders for hosts; the answer takes the hosts from the settings.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import PUBLIC

from .routes import ROUTES


@surface(tag="Agents", access=ANYONE, rate=PUBLIC, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
