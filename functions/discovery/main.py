"""GET / and the documents an agent begins with: what Nexus is, how to get in, and every function in OpenAPI.

`python -m infra.documents` writes them, with placeholders for hosts, which the answer fills from the settings.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import PUBLIC

from .routes import ROUTES


@surface(tag="Agents", access=ANYONE, rate=PUBLIC, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
