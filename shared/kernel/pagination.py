"""Keyset pagination: a cursor names the last row of a page, so pages stay right while rows are added and deleted."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

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


def page(rows: list[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Return the first `limit` rows, with a cursor if there are more: ask the database for one row more."""
    shown = rows[:limit]
    return Page(shown, cursor_of(shown[-1]) if len(rows) > limit else None)


def last_row(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the time and the id of the row that the cursor names; None for the first page.

    Raises:
        InvalidCursor: as `decode_cursor`.
    """
    if not cursor:
        return None
    time, row_id = decode_cursor(cursor, datetime, UUID)
    return time, row_id


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
