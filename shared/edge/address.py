"""The address of a request: its path and its query, which are UTF-8."""

from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import Scope

from shared.kernel.errors import BadRequest


def check_address(scope: Scope) -> None:
    """Refuse an address with bytes that are not UTF-8, raw or percent-encoded.

    Raises:
        BadRequest.
    """
    path, query = scope.get("raw_path") or b"", scope["query_string"]
    if b"%" in path or b"%" in query or not (path.isascii() and query.isascii()):
        _check(path, "path")
        _check(query, "query")


def query_text(request: Request) -> str:
    """Return the query of a checked address, still percent-encoded."""
    query: bytes = request.scope["query_string"]
    return query.decode()


def _check(raw: bytes, part: str) -> None:
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as fault:
        raise BadRequest(f"the {part} of the address has bytes that are not UTF-8") from fault
