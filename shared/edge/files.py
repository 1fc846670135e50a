"""A file as an HTTP answer: the whole, a part, or the headers alone (RFC 9110, sections 13.1.5 and 14).

A `Range` is ignored and the whole file is sent if the range is not valid, names several parts or another unit, comes
with HEAD, or comes with the `If-Range` of another file.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.kernel.errors import Refusal
from shared.runtime.blobs import Span

_UNIT = re.compile(r"bytes=(.*)", re.ASCII | re.IGNORECASE)
_PART = re.compile(r"(\d*)-(\d*)", re.ASCII)
_BLANKS = " \t"
_MOST_DIGITS = 19
_BEYOND = 10**_MOST_DIGITS
"""Stands for a position with more digits: no file is so long."""


class RangeNotSatisfiable(Refusal):
    """The range begins after the end; `size_bytes` is the size of the file."""

    status = 416
    code = "range_not_satisfiable"
    default_message = "the range begins beyond the end of the file: request a part within `size_bytes`"


async def file_response(
    request: Request,
    headers: Mapping[str, str],
    size: int,
    read: Callable[[Span | None], Awaitable[AsyncIterator[bytes]]],
) -> Response:
    """Return the answer to GET or HEAD. `headers` hold the file's ETag and Last-Modified, for `If-Range`.

    Raises:
        RangeNotSatisfiable.
    """
    span = _requested(request, headers, size)
    sent = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(span.length if span else size)}
    if span:
        sent["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
    if request.method == "HEAD":
        return Response(headers=sent)
    return StreamingResponse(await read(span), status_code=206 if span else 200, headers=sent)


def _requested(request: Request, headers: Mapping[str, str], size: int) -> Span | None:
    condition = request.headers.get("if-range")
    if request.method != "GET" or (condition is not None and not _is_of(condition, headers)):
        return None
    return part(", ".join(request.headers.getlist("range")), size)


def _is_of(condition: str, headers: Mapping[str, str]) -> bool:
    """Tell whether the condition names this file; a weak tag does not promise the same bytes."""
    return not condition.startswith("W/") and condition in (headers.get("ETag"), headers.get("Last-Modified"))


def part(range_header: str, size: int) -> Span | None:
    """Return the part that a `Range` requests of `size` bytes; None for the whole.

    Raises:
        RangeNotSatisfiable: no byte of the file is in it.
    """
    unit = _UNIT.fullmatch(range_header)
    parts = [text for item in unit[1].split(",") if (text := item.strip(_BLANKS))] if unit else []
    found = _PART.fullmatch(parts[0]) if len(parts) == 1 else None
    if found is None or found[0] == "-":
        return None
    first, last = (_position(text) if text else None for text in found.groups())
    if first is not None and last is not None and last < first:
        return None
    return _within(first, last, size)


def _within(first: int | None, last: int | None, size: int) -> Span | None:
    if first is None:
        if last and not size:
            return None  # The whole of an empty file, for which there is no Content-Range.
        first, last = max(0, size - (last or 0)), None
    if first >= size:
        raise RangeNotSatisfiable(size_bytes=size)
    end = size - 1 if last is None else min(last, size - 1)
    return Span(first, end - first + 1)


def _position(digits: str) -> int:
    counted = digits.lstrip("0")
    return int(counted or 0) if len(counted) <= _MOST_DIGITS else _BEYOND
