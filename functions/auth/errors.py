"""Refusals in the two shapes that Supabase Auth has, the newer one for clients that name an API version."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared.edge.documentation import ErrorShape
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import Refusal

API_VERSION = "2024-01-01"
_VERSION_HEADER = "X-Supabase-Api-Version"

_NAMES = {
    "invalid_request": (400, "validation_failed"),
    "invalid_value": (400, "validation_failed"),
    "malformed_json": (400, "bad_json"),
    "rate_limit_exceeded": (429, "over_request_rate_limit"),
    "internal_error": (500, "unexpected_failure"),
}
"""Codes that have another status and name on this surface; every other refusal keeps its own."""


def status_and_code(refusal: Refusal | type[Refusal]) -> tuple[int, str]:
    return _NAMES.get(refusal.code, (refusal.status, refusal.code))


SHAPE = ErrorShape(
    "AccountError",
    {
        "description": "A refusal; in both shapes the header X-Sb-Error-Code has the code.",
        "anyOf": [
            {
                "type": "object",
                "required": ["code", "error_code", "msg"],
                "properties": {
                    "code": {"type": "integer", "description": "The HTTP status."},
                    "error_code": {"type": "string"},
                    "msg": {"type": "string"},
                },
            },
            {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            },
        ],
    },
    status_and_code,
)


def error_response(request: Request, refusal: Refusal, _request_id: str) -> Response:
    status, code = status_and_code(refusal)
    headers = {"X-Sb-Error-Code": code}
    if _is_dated(request.headers.get(_VERSION_HEADER, "")):
        headers[_VERSION_HEADER] = API_VERSION
        body: dict[str, Any] = {"code": code, "message": refusal.message}
    else:
        body = {"code": status, "error_code": code, "msg": refusal.message}
    if "reasons" in refusal.details:
        body["weak_password"] = {"reasons": refusal.details["reasons"]}
    if "retry_after" in refusal.details:
        headers["Retry-After"] = str(refusal.details["retry_after"])
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return encoded(json.encode(body), status=status, headers=headers)


def _is_dated(version: str) -> bool:
    """Return whether the version is a date from ours on; dates as text compare as dates."""
    return len(version) == len(API_VERSION) and version.replace("-", "").isdigit() and version >= API_VERSION
