"""GET /functions/v1/media-file: a file, to whoever has a link from media-link that has not ended.

For installations that keep files in a directory; with a bucket, links lead to the bucket itself.
"""

from starlette.responses import FileResponse, Response

from shared.edge import ANYONE, Call, surface
from shared.kernel.content_types import FILE_HEADERS
from shared.kernel.errors import MethodNotAllowed, NotFound
from shared.quotas.rates import PUBLIC
from shared.runtime.blobs import DirectoryBlobs, blobs

_METHODS = ["GET", "HEAD"]


@surface(tag="Messages", access=ANYONE, rate=PUBLIC)
async def handler(call: Call) -> Response:
    if call.request.method not in _METHODS:
        raise MethodNotAllowed(allowed=_METHODS)
    store = blobs()
    if not isinstance(store, DirectoryBlobs):
        raise NotFound("files are read from the bucket")
    path, shown = store.linked(call.request.query_params)
    # Customers' files: no browser may run anything that is in one.
    headers = {
        **FILE_HEADERS,
        "Content-Disposition": shown.disposition,
        "Cache-Control": "private, max-age=300",
        "Referrer-Policy": "no-referrer",
    }
    return FileResponse(path, media_type=shown.content_type, headers=headers)
