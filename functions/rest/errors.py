"""Refusals in PostgREST's shape, as the database's own `app.refuse` produces them."""

from starlette.requests import Request
from starlette.responses import Response

from shared.auth.credentials import UnknownProjectKey
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import InvalidToken, Refusal, Unavailable

UNDECODABLE = "PGRST301"
UNREACHABLE = "PGRST000"


def error_response(request: Request, refusal: Refusal, request_id: str) -> Response:
    """Return the refusal; `details` is a JSON text with our own code as `error`, and that code's fields."""
    fields = {"error": refusal.code, **refusal.details, "request_id": request_id}
    body = {
        "code": _code(refusal),
        "details": json.encode(fields).decode(),
        "hint": None,
        "message": refusal.message,
    }
    headers = {"Retry-After": "2"} if refusal.status == 503 else {}  # noqa: PLR2004
    if "retry_after" in refusal.details:
        headers["Retry-After"] = str(refusal.details["retry_after"])
    if refusal.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return encoded(b"" if request.method == "HEAD" else json.encode(body), status=refusal.status, headers=headers)


def _code(refusal: Refusal) -> str:
    if isinstance(refusal, InvalidToken) and not isinstance(refusal, UnknownProjectKey):
        return UNDECODABLE
    return UNREACHABLE if isinstance(refusal, Unavailable) else f"PT{refusal.status}"
