"""A route for each document; everything else is a plain 404."""

import re
from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response

from shared.edge import Call
from shared.edge.documentation import Description, Documentation
from shared.edge.routing import NoSuchPath, Route, Routes, default_refusal, open_to_all
from shared.kernel.errors import Refusal

from .document_response import document_response
from .table import DOCUMENTS, WELCOME_PAGE, Document


def _show(path: str, document: Document) -> Callable[[Call], Awaitable[Response]]:
    async def show(call: Call) -> Response:
        """Return the document; a browser gets the first page as HTML."""
        headers = call.request.headers
        is_page = path == "/" and "text/html" in headers.get("accept", "")
        return document_response(WELCOME_PAGE if is_page else document, known=headers.get("if-none-match", ""))

    return show


def _refusal(call: Call, path: str, allowed: Sequence[str]) -> Refusal:
    if allowed:
        return default_refusal(call, path, allowed)
    return NoSuchPath("nothing answers this path; /openapi.json lists what there is, /llms.txt says where to begin")


def _route(path: str, document: Document) -> Route:
    is_object = document.media_type in {"application/json", "application/yaml"}
    return Route(
        "GET",
        path,
        _show(path, document),
        open_to_all,
        result={"type": "object" if is_object else "string"},
        described=Description(
            name="-".join(re.findall(r"[a-z0-9]+", path)),
            title=document.summary,
            media_type=document.media_type,
            answers={
                200: "The document.",
                304: "It has not changed since the one whose ETag you sent in If-None-Match.",
            },
        ),
    )


ROUTES = Routes(
    "",
    [_route(path, document) for path, document in DOCUMENTS.items()],
    _refusal,
    documentation=Documentation(name="document", address="/…"),
)
