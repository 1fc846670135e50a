"""Checks of HTTP before the body is read: verb, origin, Accept, Content-Type."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from shared.kernel.errors import Forbidden, Refusal, UnsupportedMediaType

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class ForbiddenOrigin(Forbidden):
    """A browser's page of an origin that is not allowed sends the request."""

    code = "forbidden_origin"


class NotAcceptable(Refusal):
    status = 406
    code = "not_acceptable"
    default_message = "answers are application/json: accept it"


def check(headers: Mapping[str, str], *, origins: Collection[str]) -> None:
    """Check what the headers alone decide.

    Raises:
        ForbiddenOrigin, NotAcceptable, UnsupportedMediaType.
    """
    origin = headers.get("origin")
    if origin is not None and not origin_allowed(origin, origins):
        raise ForbiddenOrigin(f"requests from the origin {origin} are not accepted")
    if not _accepts_json(headers.get("accept", "*/*")):
        raise NotAcceptable
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("send the message as application/json")


def origin_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Return whether pages of the origin may call; a loopback endpoint accepts every loopback origin."""
    return origin in allowed or (_is_loopback(origin) and any(map(_is_loopback, allowed)))


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
