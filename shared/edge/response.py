"""Answers and refusals as HTTP responses, with the headers that every function gives."""

from collections.abc import Mapping

from starlette.responses import Response

from shared.kernel import json
from shared.kernel.errors import InsufficientScope, Refusal
from shared.runtime.settings import settings

JSON = "application/json"
_EXPOSED = (
    "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotent-Replayed, WWW-Authenticate, "
    "X-Supabase-Api-Version, X-Sb-Error-Code, X-Total-Count, Link, ETag, Content-Range, Content-Disposition, "
    "Content-Location, Content-Profile, Location, Preference-Applied, Nexus-Degraded"
)
_ALLOWED = (
    "authorization, apikey, content-type, accept, idempotency-key, x-client-info, x-supabase-api-version, "
    "x-request-id, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, "
    "x-upsert, x-metadata, cache-control, range, if-none-match, if-modified-since, "
    "prefer, range-unit, accept-profile, content-profile, x-retry-count"
)
_LATE = 408
"""The connection ends with it, because the rest of the body would be read as the next request."""
Pairs = list[tuple[bytes, bytes]]
_EXPOSES = (b"access-control-expose-headers", _EXPOSED.encode())
_OPEN_TO_ALL: Pairs = [(b"access-control-allow-origin", b"*"), _EXPOSES]
_ORIGIN_MATTERS: Pairs = [(b"vary", b"Origin")]
_ALWAYS: Pairs = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


def encoded(body: bytes, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status_code=status, headers=headers, media_type=JSON if body else None)


def error_response(refusal: Refusal, *, request_id: str) -> Response:
    """Return the refusal as a response, with its challenge or waiting time in the headers of HTTP."""
    body = refusal.body(request_id)
    headers: dict[str, str] = {}
    if "retry_after" in refusal.details:
        headers["Retry-After"] = str(refusal.details["retry_after"])
    if refusal.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = challenge("invalid_token", refusal.message)
    if isinstance(refusal, InsufficientScope):
        headers["WWW-Authenticate"] = challenge(
            "insufficient_scope", refusal.message, scope=str(refusal.details.get("required", "read"))
        )
    return encoded(json.encode(body), status=refusal.status, headers=headers)


def challenge(error: str, description: str, *, scope: str = "read write admin") -> str:
    """Return the challenge of RFC 6750, with the metadata (RFC 9728) that lead an MCP client to a token."""
    text = description.encode("ascii", "replace").decode().replace("\\", "").replace('"', "'")
    metadata = f"{settings().base_url}/.well-known/oauth-protected-resource/functions/v1/mcp-server"
    return f'Bearer error="{error}", error_description="{text}", resource_metadata="{metadata}", scope="{scope}"'


def preflight(origin: str | None, method: str) -> Response:
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        if method == "*"
        else f"{method}, OPTIONS",
        "Access-Control-Allow-Headers": _ALLOWED,
        "Access-Control-Max-Age": "86400",
    }
    response = Response(status_code=204, headers=headers)
    response.raw_headers += _cors(origin)
    return response


def _cors(origin: str | None) -> Pairs:
    """Allow every origin, since browsers never add credentials by themselves; or only those that are configured."""
    allowed = settings().allowed_origins
    if not allowed:
        return _OPEN_TO_ALL
    if origin is None or origin not in allowed:
        return _ORIGIN_MATTERS
    return [(b"access-control-allow-origin", origin.encode("latin-1")), _EXPOSES, *_ORIGIN_MATTERS]


def finish(response: Response, *, origin: str | None, headers: Pairs) -> Response:
    """Add `headers` (names in lower case) and those of every function to the response; its own headers stay.

    Only browsers get headers about origins, and caches that may show the same answer to one.
    """
    # A cache must respect both the Vary of the function and ours.
    if response.status_code == _LATE:
        response.raw_headers.append((b"connection", b"close"))
    given = {name for name, _ in response.raw_headers} - {b"vary"}
    cors = _cors(origin) if origin is not None or b"cache-control" in given else []
    response.raw_headers += [pair for pair in (*cors, *headers, *_ALWAYS) if pair[0] not in given]
    return response
