"""POST /functions/v1/mcp-server: the Model Context Protocol, for agents that work through tools."""

from functools import cache
from urllib.parse import urlsplit

from starlette.responses import Response

from shared.edge import MEMBERS, Call, surface
from shared.edge.body import read_body
from shared.platform.mcp.methods import CORE, Server
from shared.platform.mcp.protocol import dispatch
from shared.runtime.settings import settings

from .catalog import registry
from .instructions import INFO, INSTRUCTIONS
from .tenant_runner import TenantRunner


@surface(tag="MCP", method="POST", access=MEMBERS)
async def handler(call: Call) -> Response:
    body = await read_body(call.request)
    reply = await dispatch(_server(), call.request.method, call.headers, body, TenantRunner(call))
    return Response(reply.body, status_code=reply.status, headers=dict(reply.headers))


@cache
def _server() -> Server:
    base = urlsplit(settings().base_url)
    return Server(
        registry=registry,
        methods=CORE,
        info=INFO,
        capabilities={"tools": {}, "resources": {}},
        instructions=INSTRUCTIONS,
        origins=settings().allowed_origins | {f"{base.scheme}://{base.netloc}"},
    )
