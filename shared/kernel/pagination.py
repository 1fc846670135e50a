"""Keyset pagination: a cursor names the last row of a page, so pages stay right while rows are added and deleted."""

import base64
import binascii
from typing import Any, Generic, TypeVar

import msgspec

from .errors import InvalidRequest

T = TypeVar("T")
DEFAULT_LIMIT = 25
MAX_LIMIT = 100


class InvalidCursor(InvalidRequest):
    code = "invalid_cursor"
    default_message = "the cursor does not come from this list: start again without a cursor"


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next_cursor` is None on the last page."""

    data: list[T]
    next_cursor: str | None = None


def encode_cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """Return the parts of a cursor with the given types.

    Raises:
        InvalidCursor: unless `encode_cursor` made the cursor from parts of these types.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple.__class_getitem__(types))  # type: ignore[no-any-return]
    except (ValueError, binascii.Error, msgspec.DecodeError) as refused:
        raise InvalidCursor from refused
