"""Refusals in the shape of Supabase Storage: the body has the status, and HTTP has 400 for nearly all."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.errors import PlanLimitExceeded, Refusal
from shared.platform.storage.refusals import AccessDenied, EntityTooLarge, InvalidRange, NoSuchRoute, StorageRefusal

AS_THEY_ARE = (NoSuchRoute, InvalidRange)
"""Refusals whose HTTP status is the one in the body."""


class Told(NamedTuple):
    http_status: int
    status: int
    error: str
    code: str


FULL = Told(400, 403, PlanLimitExceeded.code, PlanLimitExceeded.code)
"""The plan has no room for the bytes; the message says what helps."""
DENIED = Told(400, AccessDenied.status, AccessDenied.error, AccessDenied.code)
INVALID = Told(400, 400, "InvalidRequest", "InvalidRequest")
AWAY = Told(503, 503, "SlowDown", "SlowDown")
NAMES: dict[int, Told] = {
    400: INVALID,
    401: DENIED,
    403: DENIED,
    408: Told(408, 408, "RequestTimeout", "RequestTimeout"),
    413: Told(400, EntityTooLarge.status, EntityTooLarge.error, EntityTooLarge.code),
    415: INVALID,
    422: INVALID,
    429: Told(429, 429, "SlowDown", "SlowDown"),
    503: AWAY,
}
"""Replacements of other rooms' refusals, by their status; every other one is a fault of ours."""
FAULT = Told(500, 500, "InternalError", "InternalError")


def refused(request: Request, refusal: Refusal, request_id: str) -> Response:  # noqa: ARG001  (every surface's shape)
    told = _told(refusal)
    message = EntityTooLarge.default_message if told.code == EntityTooLarge.code else refusal.message
    body = {"statusCode": str(told.status), "error": told.error, "message": message, "code": told.code}
    headers = {"Retry-After": str(refusal.details["retry_after"])} if "retry_after" in refusal.details else {}
    if isinstance(refusal, InvalidRange):
        headers["Content-Range"] = f"bytes */{refusal.details['size']}"
    if request.method == "HEAD":
        return encoded(b"", status=told.http_status, headers=headers)
    return encoded(json.encode(body), status=told.http_status, headers=headers)


def _told(refusal: Refusal) -> Told:
    if isinstance(refusal, StorageRefusal):
        http_status = refusal.status if isinstance(refusal, AS_THEY_ARE) else 400
        return Told(http_status, refusal.status, refusal.error, refusal.code)
    is_full = refusal.code == PlanLimitExceeded.code and refusal.details.get("resource") == "storage_bytes"
    return FULL if is_full else NAMES.get(refusal.status, FAULT)
