"""Refusals in the shape of Supabase Storage: the body has the status, and HTTP has 400 for nearly all."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from shared.edge.documentation import ErrorShape
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import PlanLimitExceeded, Refusal
from shared.platform.storage.errors import AccessDenied, EntityTooLarge, InvalidRange, NoSuchRoute, StorageRefusal

AS_THEY_ARE = (NoSuchRoute, InvalidRange)
"""Refusals whose HTTP status is the one in the body."""


class StorageError(NamedTuple):
    http_status: int
    status: int
    error: str
    code: str


FULL = StorageError(400, 403, PlanLimitExceeded.code, PlanLimitExceeded.code)
"""The plan has no room for the bytes; the message says what helps."""
DENIED = StorageError(400, AccessDenied.status, AccessDenied.error, AccessDenied.code)
INVALID = StorageError(400, 400, "InvalidRequest", "InvalidRequest")
AWAY = StorageError(503, 503, "SlowDown", "SlowDown")
NAMES: dict[int, StorageError] = {
    400: INVALID,
    401: DENIED,
    403: DENIED,
    408: StorageError(408, 408, "RequestTimeout", "RequestTimeout"),
    413: StorageError(400, EntityTooLarge.status, EntityTooLarge.error, EntityTooLarge.code),
    415: INVALID,
    422: INVALID,
    429: StorageError(429, 429, "SlowDown", "SlowDown"),
    503: AWAY,
}
"""Replacements of other rooms' refusals, by their status; every other one is a fault of ours."""
FAULT = StorageError(500, 500, "InternalError", "InternalError")
SHAPE = ErrorShape(
    "StorageError",
    {
        "type": "object",
        "description": "A refusal; `statusCode` is its real status.",
        "required": ["statusCode", "error", "message", "code"],
        "properties": {
            "statusCode": {"type": "string", "examples": ["404"]},
            "error": {"type": "string"},
            "message": {"type": "string"},
            "code": {"type": "string", "examples": ["NoSuchKey"]},
        },
    },
    statuses={
        400: "Refused; the body's `statusCode` is the real status (docs/errors.md).",
        429: "Too many requests: wait as long as Retry-After says.",
        500: "An error of this server.",
        503: "A service that this needs does not answer: send the request again.",
    },
)


def error_response(request: Request, refusal: Refusal, request_id: str) -> Response:  # noqa: ARG001  (every surface's shape)
    error = _error_of(refusal)
    message = EntityTooLarge.default_message if error.code == EntityTooLarge.code else refusal.message
    body = {"statusCode": str(error.status), "error": error.error, "message": message, "code": error.code}
    headers = {"Retry-After": str(refusal.details["retry_after"])} if "retry_after" in refusal.details else {}
    if isinstance(refusal, InvalidRange):
        headers["Content-Range"] = f"bytes */{refusal.details['size']}"
    if request.method == "HEAD":
        return encoded(b"", status=error.http_status, headers=headers)
    return encoded(json.encode(body), status=error.http_status, headers=headers)


def _error_of(refusal: Refusal) -> StorageError:
    if isinstance(refusal, StorageRefusal):
        http_status = refusal.status if isinstance(refusal, AS_THEY_ARE) else 400
        return StorageError(http_status, refusal.status, refusal.error, refusal.code)
    is_full = refusal.code == PlanLimitExceeded.code and refusal.details.get("resource") == "storage_bytes"
    return FULL if is_full else NAMES.get(refusal.status, FAULT)
