"""Every path that a document answers."""

from typing import NamedTuple

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class Document(NamedTuple):
    file: str
    """The file in documents/."""
    media_type: str
    summary: str
    """What it is, in one sentence."""


WELCOME_PAGE = Document("index.html", "text/html; charset=utf-8", "The start page, for people")
_SHORT = Document("llms.txt", TEXT, "The start for agents, with every request of the first workflow")
_METADATA = "/.well-known/oauth-protected-resource"
_SERVER = "/.well-known/oauth-authorization-server"
_MCP = "/functions/v1/mcp-server"
_ISSUER = "/auth/v1"

DOCUMENTS = {
    "/": Document("index.json", JSON, "The start page, for programs"),
    "/openapi.json": Document("openapi.json", JSON, "Every function, in OpenAPI 3.1"),
    "/openapi.yaml": Document("openapi.json", "application/yaml", "The same; JSON is YAML too"),
    "/llms.txt": _SHORT,
    "/llm.txt": _SHORT,
    "/llms-full.txt": Document("llms-full.txt", TEXT, "The whole documentation for agents, in one text"),
    "/.well-known/mcp.json": Document("mcp.json", JSON, "The MCP endpoint, how to get access, and the first workflow"),
    "/.well-known/mcp/server-card.json": Document(
        "server-card.json", JSON, "The MCP endpoint, in the form of registries"
    ),
    _METADATA: Document("resource.json", JSON, "Where tokens for this host come from (RFC 9728)"),
    _METADATA + _MCP: Document("resource-mcp.json", JSON, "Where tokens for the MCP endpoint come from (RFC 9728)"),
    _SERVER: Document("server.json", JSON, "The token endpoint, for clients that ask this host (RFC 8414)"),
    _SERVER + _ISSUER: Document("server-issuer.json", JSON, "The token endpoint of the issuer (RFC 8414)"),
    _SERVER + _MCP: Document("server-mcp.json", JSON, "The token endpoint, for clients that ask the MCP endpoint"),
}
"""The OAuth documents differ in the name that each must repeat: the address of its own request."""
