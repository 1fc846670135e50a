"""A route for each document; everything else is a plain 404."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response

from shared.edge import Call
from shared.edge.routing import NoSuchPath, Route, Routes, default_refusal, open_to_all
from shared.kernel.errors import Refusal

from .served import served
from .table import DOCUMENTS, WELCOME_PAGE, Document


def _show(path: str, document: Document) -> Callable[[Call], Awaitable[Response]]:
    async def show(call: Call) -> Response:
        """Return the document; a browser gets the first page as HTML."""
        headers = call.request.headers
        is_page = path == "/" and "text/html" in headers.get("accept", "")
        return served(WELCOME_PAGE if is_page else document, known=headers.get("if-none-match", ""))

    return show


def _refusal(call: Call, path: str, allowed: Sequence[str]) -> Refusal:
    if allowed:
        return default_refusal(call, path, allowed)
    return NoSuchPath("nothing answers this path; /openapi.json lists what there is, /llms.txt says where to begin")


ROUTES = Routes(
    "", [Route("GET", path, _show(path, document), open_to_all) for path, document in DOCUMENTS.items()], _refusal
)
