"""The MCP endpoint for registries and agents: a card, and mcp.json as its longer form."""

from typing import Any

from functions.mcp_server.catalog import registry
from functions.mcp_server.instructions import INFO
from infra.documents import addresses
from infra.documents.workflow import STEPS
from shared.platform.mcp.versions import LEGACY, MODERN

WELL_KNOWN = f"{addresses.BASE}/.well-known"
DESCRIPTION = "Contacts, orders, inventory and conversations of one business, for AI agents."


def card() -> dict[str, Any]:
    """Return a subset of the MCP Registry's server.json."""
    token = "Bearer and a one-hour token; agent-auth gives one for an API key"  # noqa: S105  (no token, a description)
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": f"example.nexus/{INFO['name']}",
        "title": INFO["title"],
        "description": DESCRIPTION,
        "version": INFO["version"],
        "websiteUrl": addresses.DOCS,
        "remotes": [
            {
                "type": "streamable-http",
                "url": addresses.MCP,
                "headers": [{"name": "Authorization", "description": token, "isRequired": True, "isSecret": True}],
            }
        ],
    }


def mcp() -> dict[str, Any]:
    return {
        **card(),
        "protocolVersions": [*MODERN, *reversed(LEGACY)],
        "authentication": {
            "type": "bearer",
            "token_endpoint": f"{addresses.FUNCTIONS}/agent-auth",
            "token_ttl_s": 3600,
            "oauth": {
                "grant_type": "client_credentials",
                "client_id": "the key's first 15 characters",
                "client_secret": "the API key",
                "issuer": addresses.ISSUER,
                "protected_resource_metadata": f"{WELL_KNOWN}/oauth-protected-resource/functions/v1/mcp-server",
                "authorization_server_metadata": f"{WELL_KNOWN}/oauth-authorization-server/auth/v1",
            },
        },
        "workflow": [step.described() for step in STEPS],
        "tools": [
            {"name": tool.name, "title": tool.title, "scope": tool.scope, "description": tool.description}
            for tool in registry.tools.values()
        ],
        "resources": [
            {"uri": resource.uri, "title": resource.title, "scope": resource.scope}
            for resource in registry.resources.values()
        ],
        "documents": {
            "openapi": f"{addresses.BASE}/openapi.json",
            "llms": f"{addresses.BASE}/llms.txt",
            "llms_full": f"{addresses.BASE}/llms-full.txt",
            "docs": addresses.DOCS,
            "pricing": addresses.PRICING,
        },
    }
