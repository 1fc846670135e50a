"""The parts of the OpenAPI document that many operations share."""

from collections.abc import Iterable
from typing import Any

from infra.documents import addresses
from infra.documents.errors import Code
from shared.edge.documentation import Schema
from shared.quotas.rates import RateClass
from shared.tenancy.principal import Kind

TAGS = {
    "Auth": "Authentication and session management",
    "Contacts": "Contact (customer) CRUD and search",
    "Messages": "Send and receive messages across channels",
    "Orders": "Order management and lifecycle",
    "Inventory": "Stock, warehouse, and bin operations",
    "Shipping": "AWB creation, tracking, labels",
    "VoIP": "Call initiation, CDR, extensions",
    "AI": "AI annotation, insights, embeddings",
    "Automation": "Workflow rules and execution",
    "Integrations": "Integration setup and sync",
    "Agents": "API-key exchange, MCP access, and agent integrations",
}
SCOPES = {
    "read": "Read everything of the organization",
    "write": "Read, create and update",
    "admin": "Full access",
}
SECURITY = {
    "agent": {
        "type": "oauth2",
        "description": "An agent's one-hour token: its API key exchanged at agent-auth, by OAuth if need be.",
        "flows": {"clientCredentials": {"tokenUrl": f"{addresses.FUNCTIONS}/agent-auth", "scopes": SCOPES}},
    },
    "person": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's token from /auth/v1/token. `manage` requires an owner or admin of the organization.",
    },
    "service": {
        "type": "http",
        "scheme": "bearer",
        "description": "The project's secret key or service_role token. Only for our own servers, never for clients.",
    },
    "apikey": {
        "type": "apiKey",
        "in": "header",
        "name": "apikey",
        "description": "The project's publishable key; the secret key for administration.",
    },
}
CREDENTIALS = {Kind.AGENT: "agent", Kind.USER: "person", Kind.SERVICE: "service"}
"""The schemes of SECURITY, by the kind of caller."""
HEADERS = {
    "RateLimit": "The rest of the rate class: `r` requests, for `t` seconds.",
    "RateLimit-Policy": "The rate class: `q` requests in `w` seconds.",
    "Retry-After": "Seconds to wait before sending the request again.",
    "X-Request-Id": "The id of this request in our logs; one that you send is logged too.",
    "WWW-Authenticate": "The fault of the token; resource_metadata says where to get tokens (RFC 9728).",
    "Idempotent-Replayed": "`true` when an earlier request with the same Idempotency-Key made this answer.",
}
EVERY_ANSWER = ("RateLimit", "RateLimit-Policy", "X-Request-Id")
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own id for this write: a repetition with the same body gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
ERROR: Schema = {
    "type": "object",
    "description": "Every refusal. `error` is for programs and never changes; other fields depend on the code.",
    "required": ["error", "message", "request_id"],
    "properties": {
        "error": {"type": "string", "description": "A stable code."},
        "message": {"type": "string", "description": "What to do, for people and models."},
        "request_id": {"type": "string"},
        "retry_after": {"type": "integer", "description": "Seconds to wait."},
        "errors": {
            "type": "array",
            "description": "The invalid parts of the request.",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or /parameter."},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def refusal(status: int, codes: list[Code]) -> dict[str, Any]:
    """Return the response of one status, with every code that it may have."""
    header_names = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Error"},
            {"properties": {"error": {"enum": [code.code for code in codes]}}},
        ]
    }
    reasons = (f"- `{code.code}`: {code.when}. {code.do[:1].upper()}{code.do[1:]}." for code in codes)
    return {
        "description": "\n".join(reasons),
        "headers": headers(["X-Request-Id", *header_names]),
        "content": {"application/json": {"schema": schema}},
    }


def headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def rate(limit: RateClass) -> dict[str, Any]:
    return {
        "class": limit.name,
        "limit": limit.limit,
        "window_s": limit.window_s,
        "counted_by": "address" if limit.by_address else "caller",
    }
