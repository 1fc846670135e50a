"""What OAuth clients read: where tokens come from (RFC 9728), and what the token endpoint knows (RFC 8414)."""

from typing import Any

from infra.documents import places
from infra.documents.parts import SCOPES


def resource(url: str) -> dict[str, Any]:
    return {
        "resource": url,
        "resource_name": "Nexus",
        "authorization_servers": [places.ISSUER],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{places.BASE}/llms.txt",
    }


def server(issuer: str) -> dict[str, Any]:
    """Names itself as it was asked for, which RFC 8414 section 3.3 makes clients compare; tokens name the issuer."""
    return {
        "issuer": issuer,
        # Nobody is sent there, as the grant types say; but clients refuse metadata that name no such place.
        "authorization_endpoint": f"{places.ISSUER}/authorize",
        "token_endpoint": f"{places.FUNCTIONS}/agent-auth",
        "jwks_uri": f"{places.ISSUER}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": list(SCOPES),
        "service_documentation": f"{places.BASE}/llms.txt",
    }
