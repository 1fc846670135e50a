"""Keyset pagination: a cursor names the last row seen, so a page stays right while rows come and go."""

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
    default_message = "the cursor is not one that this list gave out: start again without it"


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next_cursor` is None on the last page."""

    data: list[T]
    next_cursor: str | None = None


def encode_cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """The parts, each of its type.

    Raises:
        InvalidCursor: for anything that `encode_cursor` did not make of parts of these types.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple.__class_getitem__(types))  # type: ignore[no-any-return]
    except (ValueError, binascii.Error, msgspec.DecodeError) as refused:
        raise InvalidCursor from refused
