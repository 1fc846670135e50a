"""The one route of /rest/v1, and what the documents say of the paths that its protocol knows by itself.

The tables and functions are described at the root of the interface, for whoever asks.
"""

from collections.abc import Mapping

from starlette.responses import Response

from shared.edge import Call
from shared.edge.documentation import Description, Documentation, Schema
from shared.edge.routing import ANY, Route, Routes
from shared.platform.rest import app

from .advice import advised, timed
from .callers import identify
from .errors import SHAPE
from .host import NexusHost
from .outages import worded
from .translation import incoming, outgoing

_ROWS: Schema = {"type": "array", "items": {"type": "object"}}
_SELECT: Schema = {
    "name": "select",
    "in": "query",
    "required": False,
    "description": "Columns, embeds and aliases.",
    "schema": {"type": "string"},
}
_PAGE: tuple[Schema, ...] = (
    {
        "name": "order",
        "in": "query",
        "required": False,
        "description": "`created_at.desc,id`.",
        "schema": {"type": "string"},
    },
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 0, "maximum": 100, "default": 25},
    },
    {
        "name": "offset",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    },
)
_FILTERS: Schema = {
    "name": "filters",
    "in": "query",
    "required": False,
    "description": "Columns with operator and value (`order_status=eq.pending`), and/or trees, embeds' own filters.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
_PREFER: Schema = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "Such as count=exact, return=representation, resolution=merge-duplicates, separated by commas.",
    "schema": {"type": "string"},
}
_BODY: Schema = {"type": ["object", "array"]}


async def serve(call: Call) -> Response:
    """Answer by PostgREST's rules, which define their own paths and methods."""
    request, host = await incoming(call), NexusHost(call)
    response = timed(await advised(await app.answer(request, host), request, host))
    return outgoing(worded(response, call.request_id))


def _operation(method: str, target: str, title: str, answers: Mapping[int, str]) -> Route:
    path = {"table": "/{table}", "function": "/rpc/{function}"}[target]
    is_read, is_insert = method == "GET", (method, target) == ("POST", "table")
    described = Description(
        name=f"{target}-{method.lower()}",
        title=title,
        takes=None if method in ("GET", "DELETE") else {"application/json": _BODY},
        is_body_required=False,
        parameters=(_SELECT, *(_PAGE if is_read else ()), *(() if is_insert else (_FILTERS,)), _PREFER),
        answers=answers,
        scope="read" if is_read else "write",
    )
    return Route(method, path, serve, identify, result=_ROWS, described=described)


ROUTES = Routes(
    "/rest/v1",
    [Route(ANY, ANY, serve, identify)],
    documentation=Documentation(error=SHAPE),
    operations=[
        _operation(
            "GET", "table", "Read rows", {200: "The rows of one page.", 206: "One page of the rows that were counted."}
        ),
        _operation("POST", "table", "Add rows", {201: "Added; with return=representation the rows."}),
        _operation(
            "PATCH", "table", "Change the rows that the filters name", {200: "The changed rows.", 204: "Changed."}
        ),
        _operation(
            "PUT",
            "table",
            "Put one row under its primary key",
            {200: "The row.", 201: "The new row.", 204: "Put."},
        ),
        _operation(
            "DELETE", "table", "Delete the rows that the filters name", {200: "The deleted rows.", 204: "Deleted."}
        ),
        _operation("GET", "function", "Call a function that changes nothing", {200: "Its result."}),
        _operation("POST", "function", "Call a function", {200: "Its result.", 204: "Done."}),
    ],
)
