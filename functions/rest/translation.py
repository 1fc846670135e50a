"""Conversion of the web framework's requests and responses; the gateway's own parameters are left out."""

from collections.abc import Iterator

from starlette.responses import Response

from shared.edge import Call
from shared.edge.body import read_body
from shared.platform.rest import host, request

PREFIX = b"/rest/v1"
_OF_THE_GATEWAY = frozenset({"apikey", "x-request-id"})


async def incoming(call: Call) -> request.Incoming:
    scope = call.request.scope
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return request.Incoming(
        method=call.request.method,
        path=path.partition(b"?")[0].removeprefix(PREFIX).decode("latin-1"),
        query="&".join(_parameters(scope["query_string"].decode("latin-1"))),
        headers=(*_headers(call), ("x-request-id", call.request_id)),
        body=await read_body(call.request),
    )


def outgoing(answer: host.Response) -> Response:
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    return response


def _parameters(query: str) -> Iterator[str]:
    """Return the parameters as sent, without the project's key."""
    return (part for part in query.split("&") if part.partition("=")[0] != "apikey")


def _headers(call: Call) -> Iterator[tuple[str, str]]:
    for name, value in call.request.headers.items():
        if name not in _OF_THE_GATEWAY:
            yield name, value
