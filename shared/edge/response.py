"""Answers and refusals as HTTP responses, with the headers that every function gives."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared.kernel import json
from shared.kernel.errors import Refusal
from shared.runtime.settings import settings

JSON = "application/json"
_EXPOSED = (
    "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotent-Replayed, WWW-Authenticate, "
    "X-Supabase-Api-Version, X-Sb-Error-Code, X-Total-Count, Link"
)
_ALLOWED = (
    "authorization, apikey, content-type, accept, idempotency-key, x-client-info, x-supabase-api-version, "
    "x-request-id, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id"
)


def encoded(body: bytes, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status_code=status, headers=headers, media_type=JSON if body else None)


def refused(refusal: Refusal, *, request_id: str) -> Response:
    """The refusal's body, with the challenge or the waiting time that HTTP has a header for."""
    body = refusal.body(request_id)
    headers: dict[str, str] = {}
    if "retry_after" in refusal.details:
        headers["Retry-After"] = str(refusal.details["retry_after"])
    if refusal.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = challenge("invalid_token", refusal.message)
    if refusal.code == "insufficient_scope":
        headers["WWW-Authenticate"] = challenge(
            "insufficient_scope", refusal.message, scope=str(refusal.details.get("required", "read"))
        )
    return encoded(json.encode(body), status=refusal.status, headers=headers)


def challenge(error: str, description: str, *, scope: str = "read write admin") -> str:
    """RFC 6750 with the resource metadata of RFC 9728, by which an MCP client finds where to get a token."""
    told = description.encode("ascii", "replace").decode().replace("\\", "").replace('"', "'")
    metadata = f"{settings().base_url}/.well-known/oauth-protected-resource/functions/v1/mcp-server"
    return f'Bearer error="{error}", error_description="{told}", resource_metadata="{metadata}", scope="{scope}"'


def preflight(request: Request, method: str) -> Response:
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        if method == "*"
        else f"{method}, OPTIONS",
        "Access-Control-Allow-Headers": _ALLOWED,
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers={**headers, **cors(request)})


def cors(request: Request) -> dict[str, str]:
    """Any origin may call, since a credential is never ambient here; with origins configured, only those."""
    allowed = settings().allowed_origins
    origin = request.headers.get("origin")
    if not allowed:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
    if origin not in allowed:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": _EXPOSED}


def finish(
    response: Response, *, request: Request, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    extra: dict[str, Any] = {**cors(request), "X-Request-Id": request_id, **(headers or {})}
    if varies := extra.pop("Vary", None):
        # Beside what the function itself varies by: a cache must look at both.
        response.headers.add_vary_header(varies)
    for name, value in extra.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
