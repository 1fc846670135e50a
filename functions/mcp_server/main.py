"""POST /functions/v1/mcp-server: the Model Context Protocol, for agents that work through tools.

Streamable HTTP in JSON-response mode, stateless. A tool's refusal is a result with `isError`.
"""

from starlette.responses import Response

from shared.edge import MEMBERS, Call, surface
from shared.edge.routing import answer

from .routes import ROUTES


@surface(tag="MCP", method="POST", access=MEMBERS, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
