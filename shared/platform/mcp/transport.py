"""Checks of HTTP before the body is read: verb, origin, Accept, Content-Type."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from shared.kernel.json import encode

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def refusal(verb: str, headers: Mapping[str, str], *, origins: Collection[str], request_id: str) -> Reply | None:
    """Return the refusal, or None if the body may be read."""
    if verb != "POST":
        return Reply(405, headers={"allow": "POST"})
    origin = headers.get("origin")
    if origin is not None and not origin_allowed(origin, origins):
        return _refused(403, "forbidden_origin", f"requests from the origin {origin} are not accepted", request_id)
    if not _accepts_json(headers.get("accept", "*/*")):
        return _refused(406, "not_acceptable", "answers are application/json: accept it", request_id)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refused(415, "unsupported_media_type", "send the message as application/json", request_id)
    return None


def origin_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Return whether pages of the origin may call; a loopback endpoint accepts every loopback origin."""
    return origin in allowed or (_is_loopback(origin) and any(map(_is_loopback, allowed)))


def _refused(status: int, error: str, message: str, request_id: str) -> Reply:
    body = encode({"error": error, "message": message, "request_id": request_id})
    return Reply(status, body, {"content-type": "application/json"})


@lru_cache
def _accepts_json(accept: str) -> bool:
    ranges = [media_range.strip().lower() for media_range in accept.split(",") if media_range.strip()]
    return not ranges or any(_takes_json(media_range) for media_range in ranges)


def _takes_json(media_range: str) -> bool:
    name, *parameters = (part.strip() for part in media_range.split(";"))
    excluded = any(part.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in parameters)
    return name in JSON_RANGES and not excluded


def _is_loopback(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in LOOPBACK
    except ValueError:
        return False
