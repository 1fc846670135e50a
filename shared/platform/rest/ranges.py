"""`limit`, `offset` and the Range header as one page of rows."""

import re

from .errors import inverted_range, negative_limit, put_limited
from .query import Page

_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{0,18})")


def page(wanted: Page | None, *, method: str, range_header: str | None) -> Page:
    """Return one page from the query's own page and the Range header.

    The header counts for GET alone, narrows the query's page, and is ignored unless it reads `first-last`.

    Raises:
        RestRefusal: PGRST103, PGRST114.
    """
    if method == "PUT" and wanted is not None and wanted != Page():
        raise put_limited()
    whole = wanted or Page()
    found = _RANGE.fullmatch(range_header) if method == "GET" and range_header else None
    if found is None:
        return whole
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if last is not None and first > last:
        raise inverted_range()
    return whole if whole.limit == 0 else _narrowed(whole, first, last)


def _narrowed(whole: Page, first: int, last: int | None) -> Page:
    lower = max(whole.offset, first)
    ends = [end for end in (last, None if whole.limit is None else whole.offset + whole.limit - 1) if end is not None]
    if not ends:
        return Page(None, lower)
    if min(ends) < lower:
        raise negative_limit()
    return Page(min(ends) - lower + 1, lower)
