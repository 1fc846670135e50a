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
    "Content-Location, Content-Profile, Location, Preference-Applied"
)
_ALLOWED = (
    "authorization, apikey, content-type, accept, idempotency-key, x-client-info, x-supabase-api-version, "
    "x-request-id, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, "
    "x-upsert, x-metadata, cache-control, range, if-none-match, if-modified-since, "
    "prefer, range-unit, accept-profile, content-profile, x-retry-count"
)
_LATE = 408
"""What else of the body comes would be read as the next request, so the connection ends."""
Pairs = list[tuple[bytes, bytes]]
_EXPOSES = (b"access-control-expose-headers", _EXPOSED.encode())
_OPEN_TO_ALL: Pairs = [(b"access-control-allow-origin", b"*"), _EXPOSES]
_ORIGIN_MATTERS: Pairs = [(b"vary", b"Origin")]
_ALWAYS: Pairs = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


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
    if isinstance(refusal, InsufficientScope):
        headers["WWW-Authenticate"] = challenge(
            "insufficient_scope", refusal.message, scope=str(refusal.details.get("required", "read"))
        )
    return encoded(json.encode(body), status=refusal.status, headers=headers)


def challenge(error: str, description: str, *, scope: str = "read write admin") -> str:
    """RFC 6750 with the resource metadata of RFC 9728, by which an MCP client finds where to get a token."""
    told = description.encode("ascii", "replace").decode().replace("\\", "").replace('"', "'")
    metadata = f"{settings().base_url}/.well-known/oauth-protected-resource/functions/v1/mcp-server"
    return f'Bearer error="{error}", error_description="{told}", resource_metadata="{metadata}", scope="{scope}"'


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
    """Any origin may call, since a credential is never ambient here; with origins configured, only those."""
    allowed = settings().allowed_origins
    if not allowed:
        return _OPEN_TO_ALL
    if origin is None or origin not in allowed:
        return _ORIGIN_MATTERS
    return [(b"access-control-allow-origin", origin.encode("latin-1")), _EXPOSES, *_ORIGIN_MATTERS]


def finish(response: Response, *, origin: str | None, headers: Pairs) -> Response:
    """The response with `headers` (names in lower case) and those of every function; what it gave itself stays.

    Who is no browser is told nothing about origins, unless a cache may show the same answer to one.
    """
    # A cache must look at what the function itself varies by and at ours.
    if response.status_code == _LATE:
        response.raw_headers.append((b"connection", b"close"))
    given = {name for name, _ in response.raw_headers} - {b"vary"}
    cors = _cors(origin) if origin is not None or b"cache-control" in given else []
    response.raw_headers += [pair for pair in (*cors, *headers, *_ALWAYS) if pair[0] not in given]
    return response
