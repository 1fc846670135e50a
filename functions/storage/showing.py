"""An object as an HTTP answer: whole, a part, unchanged, or its headers alone."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.kernel.content_types import FILE_HEADERS, is_shown_inline, shown_type
from shared.platform.storage import blobs
from shared.platform.storage.models import StoredObject
from shared.platform.storage.refusals import InvalidRange
from shared.runtime.blobs import Span

_RANGE = re.compile(r"bytes=(\d{0,400})-(\d{0,400})", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]{1,255}", re.ASCII)
_LASTING = re.compile(r"max-age=\d{1,9}|no-cache|no-store|no-transform|must-revalidate|immutable", re.ASCII)
"""What an uploader may say about the caches of those who may read a private object."""


class Shown(NamedTuple):
    """`download` None shows it where it is, if its type allows; empty keeps its name. `expires` ends its address.

    `public` is whether anybody may read the object: what one caller may read is for no cache that others share.
    """

    download: str | None = None
    expires: datetime | None = None
    public: bool = False


async def show(request: Request, found: StoredObject, shown: Shown) -> Response:
    """The answer to GET or HEAD.

    Raises:
        NoSuchKey: the row is there and the bytes are not.
        InvalidRange.
    """
    metadata = found.metadata or {}
    headers = _headers(found, metadata, shown)
    if _is_unchanged(request, headers):
        return Response(status_code=304, headers={name: headers[name] for name in _KEPT if name in headers})
    size = int(metadata.get("size") or 0)
    span = _span(request, headers, size)
    headers["Content-Length"] = str(span.length if span else size)
    if span:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
    status = 206 if span else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(await blobs.read(found.version, span), status_code=status, headers=headers)


_KEPT = ("ETag", "Last-Modified", "Cache-Control", "Expires", "Vary")
"""Of the headers, those that go with an answer without a body."""


def _headers(found: StoredObject, metadata: dict[str, Any], shown: Shown) -> dict[str, str]:
    mime_type = metadata.get("mimetype")
    headers = {
        **FILE_HEADERS,
        "Content-Type": shown_type(mime_type),
        "ETag": _printable(metadata.get("eTag"), f'"{found.version}"'),
        "Last-Modified": format_datetime(found.updated_at.astimezone(UTC), usegmt=True),
        "Accept-Ranges": "bytes",
    }
    if shown.expires:
        headers["Expires"] = format_datetime(shown.expires, usegmt=True)
    headers["Cache-Control"] = _cache_control(metadata, shown)
    if not (shown.public or shown.expires):
        headers["Vary"] = "Authorization, apikey"
    if shown.download is not None or not is_shown_inline(mime_type):
        headers["Content-Disposition"] = _disposition(shown.download or "")
    return headers


def _cache_control(metadata: dict[str, Any], shown: Shown) -> str:
    said = _printable(metadata.get("cacheControl"), "no-cache")
    if shown.expires:
        return "private"
    if shown.public:
        return said
    kept = [each for part in said.lower().split(",") if _LASTING.fullmatch(each := part.strip())]
    return ", ".join(["private", *kept])


def _disposition(name: str) -> str:
    encoded = quote(name, safe="!'()*-._~")
    return f"attachment; filename={encoded}; filename*=UTF-8''{encoded};" if name else "attachment;"


def _printable(text: Any, instead: str) -> str:
    """What a header can carry: the uploader said it."""
    return text if isinstance(text, str) and _PRINTABLE.fullmatch(text) else instead


def _is_unchanged(request: Request, headers: dict[str, str]) -> bool:
    given = request.headers.get("if-none-match")
    if given is not None:
        known = {each.strip().removeprefix("W/") for each in given.split(",")}
        return not known.isdisjoint({"*", headers["ETag"], headers["ETag"].strip('"')})
    since = _time(request.headers.get("if-modified-since"))
    return since is not None and parsedate_to_datetime(headers["Last-Modified"]) <= since


def _span(request: Request, headers: dict[str, str], size: int) -> Span | None:
    """The part that is asked for; several parts, and units of others, are answered with the whole."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    condition = request.headers.get("if-range")
    if (
        asked is None
        or asked[0] == "bytes=-"
        or (condition and condition not in (headers["ETag"], headers["Last-Modified"]))
    ):
        return None
    if asked[1]:
        start, end = int(asked[1]), int(asked[2]) if asked[2] else size - 1
    else:
        start, end = max(0, size - int(asked[2])), size - 1
    end = min(end, size - 1)
    if start > end:
        raise InvalidRange(size=size)
    return Span(start, end - start + 1)


def _time(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
