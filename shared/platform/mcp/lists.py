"""Lists as results of tools: the selected fields, within a byte budget, with a cursor to the rest."""

from collections.abc import Callable, Collection
from itertools import accumulate
from typing import Annotated, Generic, TypeVar, cast

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from pydantic import Field

from shared.kernel import json
from shared.kernel.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page
from shared.kernel.scalars import WHOLE

from .registry import RESULT_BYTES, Arguments

T = TypeVar("T", bound=msgspec.Struct)
L = TypeVar("L")


class ListArguments(Arguments):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), WHOLE] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=500)] = Field(default=None, description="A page's next_cursor")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """`truncated` is true if the byte budget ended the page, and not `limit`; `next_cursor` continues there."""

    data: list[T]
    next_cursor: str | None
    truncated: bool


def fit_page(
    listing: Callable[[list[T], str | None, bool], L],
    page: Page[T],
    *,
    fields: Collection[str] | None,
    cursor_of: Callable[[T], str],
) -> L:
    """Return the page with as many whole rows as fit into the budget, at least one."""
    rows = page.data if fields is None else [_select_fields(row, fields) for row in page.data]
    encoded = json.encode(rows)
    # The array's brackets and commas are one byte more than a comma for each row.
    if len(encoded) - 1 <= RESULT_BYTES:
        return listing(_raw_rows(encoded), page.next_cursor, False)
    pieces = [json.encode(row) for row in rows]
    weights = accumulate(len(piece) + 1 for piece in pieces)
    count = max(1, sum(weight <= RESULT_BYTES for weight in weights))
    if count == len(rows):
        return listing(_raw_rows(encoded), page.next_cursor, False)
    data = b"[" + b",".join(pieces[:count]) + b"]"
    return listing(_raw_rows(data), cursor_of(page.data[count - 1]), True)


def _raw_rows(encoded: bytes) -> list[T]:
    """Return the encoded rows for the answer, so that they are not encoded twice."""
    return cast("list[T]", msgspec.Raw(encoded))


def _select_fields(row: T, fields: Collection[str]) -> T:
    """Return the row without unselected fields; required fields stay, because cursors need them."""
    names, defaults = row.__struct_fields__, row.__struct_defaults__
    optional = names[len(names) - len(defaults) :]
    return replace(row, **{name: UNSET for name in optional if name not in fields})
