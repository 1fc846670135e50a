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
    _check(scope.get("raw_path") or b"", "path")
    _check(scope["query_string"], "query")


def query_text(request: Request) -> str:
    """Return the query of a checked address, still percent-encoded."""
    query: bytes = request.scope["query_string"]
    return query.decode()


def _check(raw: bytes, part: str) -> None:
    if b"%" not in raw and raw.isascii():
        return
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as fault:
        raise BadRequest(f"the {part} of the address has bytes that are not UTF-8") from fault
