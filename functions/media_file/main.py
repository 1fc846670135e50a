"""GET /functions/v1/media-file: read a file by a link from media-link that has not expired.

Use the link unchanged: each of its parameters is signed. For installations that store files in a directory;
with a bucket, links lead to the bucket itself.
"""

from collections.abc import AsyncIterator
from email.utils import formatdate
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from shared.edge import ANYONE, Call, files, surface
from shared.edge.documentation import Description, Schema
from shared.edge.response import error_response
from shared.edge.routing import ANY, Route, Routes, answer, open_to_all
from shared.kernel.content_types import FILE_HEADERS
from shared.kernel.errors import NotFound, Refusal, Unavailable
from shared.quotas.rates import PUBLIC
from shared.runtime.blobs import DirectoryBlobs, Linked, Span, blobs


def _refuse(_request: Request, refusal: Refusal, request_id: str) -> Response:
    response = error_response(refusal, request_id=request_id)
    if isinstance(refusal, files.RangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{refusal.details['size_bytes']}"
    return response


async def read_file(call: Call) -> Response:
    """Read a file by a link from media-link that has not expired."""
    store = blobs()
    if not isinstance(store, DirectoryBlobs):
        raise NotFound("files must be read from the bucket")
    found = store.linked(call.request.query_params)
    return await files.file_response(call.request, _headers(found), found.size, partial(_read, store, found))


async def _read(store: DirectoryBlobs, found: Linked, span: Span | None) -> AsyncIterator[bytes]:
    return await store.get(found.key, span=span)


def _headers(found: Linked) -> dict[str, str]:
    return {
        # No browser may run content of a customer's file.
        **FILE_HEADERS,
        "Content-Type": found.shown.content_type,
        "Content-Disposition": found.shown.disposition,
        "Cache-Control": "private, max-age=300",
        "Referrer-Policy": "no-referrer",
        "ETag": f'"{found.key}"',
        "Last-Modified": formatdate(found.modified, usegmt=True),
    }


_LINK: tuple[Schema, ...] = tuple(
    {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
    for name in ("key", "type", "name", "inline", "expires", "signature")
)
_ROUTE = Route(
    "GET",
    ANY,
    read_file,
    open_to_all,
    refusals=(NotFound, files.RangeNotSatisfiable, Unavailable),
    described=Description(
        parameters=_LINK,
        media_type="*/*",
        answers={200: "The file.", 206: "The part that Range asks for."},
    ),
)
ROUTES = Routes("", [_ROUTE])


@surface(tag="Messages", access=ANYONE, rate=PUBLIC, refuse=_refuse, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
