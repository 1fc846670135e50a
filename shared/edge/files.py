"""A file as an HTTP answer: whole, a part of it, or its headers alone, as RFC 9110 has it (sections 13.1.5 and 14).

A `Range` that is not valid, that names several parts or another unit, or that comes with HEAD or with another file's
`If-Range`, is passed over: the answer is the whole file.
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
"""A position of more digits: no file is so long."""


class RangeNotSatisfiable(Refusal):
    """`size_bytes` is the file's."""

    status = 416
    code = "range_not_satisfiable"
    default_message = "the range begins beyond the end of the file: ask for a part within `size_bytes`"


async def served(
    request: Request,
    headers: Mapping[str, str],
    size: int,
    read: Callable[[Span | None], Awaitable[AsyncIterator[bytes]]],
) -> Response:
    """The answer to GET or HEAD; `headers` have the file's ETag and Last-Modified, by which `If-Range` knows it.

    Raises:
        RangeNotSatisfiable.
    """
    span = _asked(request, headers, size)
    told = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(span.length if span else size)}
    if span:
        told["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
    if request.method == "HEAD":
        return Response(headers=told)
    return StreamingResponse(await read(span), status_code=206 if span else 200, headers=told)


def _asked(request: Request, headers: Mapping[str, str], size: int) -> Span | None:
    condition = request.headers.get("if-range")
    if request.method != "GET" or (condition is not None and not _is_of(condition, headers)):
        return None
    return part(", ".join(request.headers.getlist("range")), size)


def _is_of(condition: str, headers: Mapping[str, str]) -> bool:
    """A weak tag says that two files are alike, not that their bytes are the same."""
    return not condition.startswith("W/") and condition in (headers.get("ETag"), headers.get("Last-Modified"))


def part(asked: str, size: int) -> Span | None:
    """The part of so many bytes that a `Range` asks for; None: the whole.

    Raises:
        RangeNotSatisfiable: it has no byte of the file.
    """
    unit = _UNIT.fullmatch(asked)
    parts = [text for each in unit[1].split(",") if (text := each.strip(_BLANKS))] if unit else []
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
            return None  # The whole of an empty file, which no Content-Range can tell of.
        first, last = max(0, size - (last or 0)), None
    if first >= size:
        raise RangeNotSatisfiable(size_bytes=size)
    end = size - 1 if last is None else min(last, size - 1)
    return Span(first, end - first + 1)


def _position(digits: str) -> int:
    counted = digits.lstrip("0")
    return int(counted or 0) if len(counted) <= _MOST_DIGITS else _BEYOND
