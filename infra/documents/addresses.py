"""Addresses in the documents: they have placeholder hosts, which the answer replaces by those of the settings."""

from functions.discovery.document_response import BASE, DOCS, PRICING

__all__ = ["BASE", "DOCS", "FUNCTIONS", "ISSUER", "MCP", "PRICING"]

FUNCTIONS = f"{BASE}/functions/v1"
MCP = f"{FUNCTIONS}/mcp-server"
ISSUER = f"{BASE}/auth/v1"
