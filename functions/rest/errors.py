"""Refusals in PostgREST's shape, as the database's own `app.refuse` produces them."""

from starlette.requests import Request
from starlette.responses import Response

from shared.auth.credentials import UnknownProjectKey
from shared.edge.documentation import ErrorShape
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import InvalidToken, Refusal, Unavailable

UNDECODABLE = "PGRST301"
UNREACHABLE = "PGRST000"
SHAPE = ErrorShape(
    "RestError",
    {
        "type": "object",
        "description": (
            "A refusal in PostgREST's form. With a code PTnnn, or PGRST301, `details` is a JSON text whose `error` is "
            "one of our own codes, with that code's fields."
        ),
        "required": ["code", "message", "details", "hint"],
        "properties": {
            "code": {"type": "string", "description": "PGRSTnnn, an SQLSTATE or PTnnn.", "examples": ["PGRST205"]},
            "message": {"type": "string"},
            "details": {"description": "Text, a list of candidates, or null."},
            "hint": {"type": ["string", "null"], "description": "What to try."},
        },
    },
    statuses={
        400: "The query, the body or a value is not valid.",
        401: "The project's key or the token is missing, wrong or expired.",
        403: "The scope, the plan or a policy does not allow it.",
        404: "There is no such table or function.",
        406: "The answer cannot have the form that Accept asks for.",
        409: "A key or a business rule does not allow it.",
        416: "There are fewer rows than the offset.",
        429: "Too many requests: wait as long as Retry-After says.",
        503: "The database does not answer: send the request again.",
    },
)


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
