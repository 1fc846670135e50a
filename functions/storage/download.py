"""An object as an HTTP response: whole, a part, unchanged, or headers only."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from shared.edge import files
from shared.kernel.content_types import FILE_HEADERS, is_shown_inline, shown_type
from shared.platform.storage import blobs
from shared.platform.storage.errors import InvalidRange
from shared.platform.storage.models import StoredObject

_PRINTABLE = re.compile(r"[ -~]{1,255}", re.ASCII)
_LASTING = re.compile(r"max-age=\d{1,9}|no-cache|no-store|no-transform|must-revalidate|immutable", re.ASCII)
"""Cache directives that an uploader may set for the readers of a private object."""


class Download(NamedTuple):
    """How an object is answered.

    `download` None shows it inline, if its type allows; an empty text keeps its name. `expires` is the end of its
    address. `public` means that anybody may read it: no shared cache may keep what only one caller may read.
    """

    download: str | None = None
    expires: datetime | None = None
    public: bool = False


async def download(request: Request, found: StoredObject, options: Download) -> Response:
    """Return the answer to GET or HEAD.

    Raises:
        NoSuchKey: the row exists and the bytes do not.
        InvalidRange: for a range outside the object.
    """
    metadata = found.metadata or {}
    headers = _headers(found, metadata, options)
    if _is_unchanged(request, headers):
        return Response(status_code=304, headers={name: headers[name] for name in _KEPT if name in headers})
    size = int(metadata.get("size") or 0)
    try:
        return await files.file_response(request, headers, size, partial(blobs.read, found.version))
    except files.RangeNotSatisfiable as beyond:
        raise InvalidRange(size=size) from beyond


_KEPT = ("ETag", "Last-Modified", "Cache-Control", "Expires", "Vary")
"""The headers of an answer without a body."""


def _headers(found: StoredObject, metadata: dict[str, Any], options: Download) -> dict[str, str]:
    mime_type = metadata.get("mimetype")
    headers = {
        **FILE_HEADERS,
        "Content-Type": shown_type(mime_type),
        "ETag": _printable(metadata.get("eTag"), f'"{found.version}"'),
        "Last-Modified": format_datetime(found.updated_at.astimezone(UTC), usegmt=True),
    }
    if options.expires:
        headers["Expires"] = format_datetime(options.expires, usegmt=True)
    headers["Cache-Control"] = _cache_control(metadata, options)
    if not (options.public or options.expires):
        headers["Vary"] = "Authorization, apikey"
    if options.download is not None or not is_shown_inline(mime_type):
        headers["Content-Disposition"] = _disposition(options.download or "")
    return headers


def _cache_control(metadata: dict[str, Any], options: Download) -> str:
    declared = _printable(metadata.get("cacheControl"), "no-cache")
    if options.expires:
        return "private"
    if options.public:
        return declared
    kept = [directive for part in declared.lower().split(",") if _LASTING.fullmatch(directive := part.strip())]
    return ", ".join(["private", *kept])


def _disposition(name: str) -> str:
    encoded = quote(name, safe="!'()*-._~")
    return f"attachment; filename={encoded}; filename*=UTF-8''{encoded};" if name else "attachment;"


def _printable(text: Any, instead: str) -> str:
    """Return the text if a header can carry it, because it comes from the uploader."""
    return text if isinstance(text, str) and _PRINTABLE.fullmatch(text) else instead


def _is_unchanged(request: Request, headers: dict[str, str]) -> bool:
    given = request.headers.get("if-none-match")
    if given is not None:
        known = {part.strip().removeprefix("W/") for part in given.split(",")}
        return not known.isdisjoint({"*", headers["ETag"], headers["ETag"].strip('"')})
    since = _time(request.headers.get("if-modified-since"))
    return since is not None and parsedate_to_datetime(headers["Last-Modified"]) <= since


def _time(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
