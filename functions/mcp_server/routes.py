"""The one route of MCP, and what the documents say of its messages."""

from functools import cache
from urllib.parse import urlsplit

from starlette.responses import Response

from shared.edge import Call
from shared.edge.body import read_body
from shared.edge.documentation import Description, NamedSchema, Schema
from shared.edge.routing import ANY, DATABASE, Route, Routes, as_declared
from shared.kernel.errors import PlanLimitExceeded, UnsupportedMediaType
from shared.platform.mcp.methods import CORE, Server
from shared.platform.mcp.protocol import dispatch
from shared.platform.mcp.transport import ForbiddenOrigin, NotAcceptable
from shared.platform.mcp.versions import LEGACY, MODERN
from shared.runtime.settings import settings
from shared.tenancy.errors import KeyRevoked, NoOrganization

from .catalog import registry
from .instructions import INFO, INSTRUCTIONS
from .tenant_runner import TenantRunner

_MESSAGE = NamedSchema(
    "McpRequest",
    {
        "type": "object",
        "description": "One JSON-RPC 2.0 message of the Model Context Protocol.",
        "required": ["jsonrpc", "method"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "method": {"type": "string", "examples": ["tools/list", "tools/call", "resources/read"]},
            "params": {"type": "object"},
        },
    },
)
_ANSWER = NamedSchema(
    "McpAnswer",
    {
        "type": "object",
        "required": ["jsonrpc", "id"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            "result": {"type": "object"},
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": {}},
            },
        },
    },
)
_VERSION: Schema = {
    "name": "MCP-Protocol-Version",
    "in": "header",
    "description": "The protocol version of the message; default: 2025-03-26.",
    "schema": {"type": "string", "enum": [*LEGACY, *MODERN]},
}


async def serve(call: Call) -> Response:
    """Answer one message of the protocol, or a batch of them."""
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


ROUTES = Routes(
    "",
    [
        Route(
            "POST",
            ANY,
            serve,
            as_declared,
            result=_ANSWER,
            refusals=(
                ForbiddenOrigin,
                NotAcceptable,
                UnsupportedMediaType,
                KeyRevoked,
                NoOrganization,
                PlanLimitExceeded,
                *DATABASE,
            ),
            described=Description(
                takes={"application/json": _MESSAGE},
                parameters=(_VERSION,),
                answers={
                    200: "The answer.",
                    202: "A notification was accepted; there is no answer.",
                    400: "Not a message of its protocol version.",
                    404: "Its protocol version has no such method.",
                },
                scope="read",
            ),
        )
    ],
)
