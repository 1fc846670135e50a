"""Documents for OAuth clients: the issuer of tokens (RFC 9728), and the abilities of the token endpoint (RFC 8414)."""

from typing import Any

from infra.documents import addresses
from infra.documents.parts import SCOPES


def resource(url: str) -> dict[str, Any]:
    return {
        "resource": url,
        "resource_name": "Nexus",
        "authorization_servers": [addresses.ISSUER],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{addresses.BASE}/llms.txt",
    }


def server(issuer: str) -> dict[str, Any]:
    """Describe the server under the requested name, which RFC 8414 section 3.3 makes clients compare."""
    return {
        "issuer": issuer,
        # The grant types do not use it, but clients refuse metadata without it.
        "authorization_endpoint": f"{addresses.ISSUER}/authorize",
        "token_endpoint": f"{addresses.FUNCTIONS}/agent-auth",
        "jwks_uri": f"{addresses.ISSUER}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": list(SCOPES),
        "service_documentation": f"{addresses.BASE}/llms.txt",
    }
