"""The query string as a whole: which parameter is what, and each parsed by its own grammar."""

import re
from urllib.parse import unquote_plus

from shared.platform.rest.errors import has_nul, negative_limit
from shared.platform.rest.query import Filter, OrderTerm, Page, Path, Query

from .logic import parse_filter, parse_logic
from .names import columns, embed_path
from .order import parse_order
from .select import parse_select
from .values import is_operation

_WHOLE = frozenset({"select", "columns", "on_conflict"})
_EMBEDDABLE = frozenset({"order", "limit", "offset", "and", "or"})
_NUMBER = re.compile(r"\s*(-?)([0-9]+)\s*")
_LARGEST = 2**63 - 1
_Pairs = list[tuple[str, str]]


def parse_query(text: str, *, reads_function: bool = False) -> Query:
    """`reads_function`: GET and HEAD of a function, where what is no filter is an argument.

    Raises:
        RestRefusal: PGRST100; PGRST103 for a negative limit.
    """
    if not text:
        return Query()
    pairs = split(text)
    filters, arguments = _partition(pairs, reads_function=reads_function)
    select, named, conflict = (_first(pairs, each) for each in ("select", "columns", "on_conflict"))
    return Query(
        select=parse_select("*" if select is None else select),
        filters=(*_filters(filters), *_logic(pairs)),
        orders=_orders(pairs),
        pages=_pages(pairs),
        columns=None if named is None else columns(named, "columns"),
        on_conflict=None if conflict is None else columns(conflict, "on_conflict"),
        arguments=tuple(arguments),
    )


def split(text: str) -> _Pairs:
    """Names and values decoded; a parameter without `=` says nothing."""
    pairs = [part.partition("=") for part in text.split("&")]
    found = [(unquote_plus(name), unquote_plus(value)) for name, equals, value in pairs if equals]
    if any("\0" in name or "\0" in value for name, value in found):
        raise has_nul()
    return found


def _partition(pairs: _Pairs, *, reads_function: bool) -> tuple[_Pairs, _Pairs]:
    others = [(name, value) for name, value in pairs if name not in _WHOLE and _last(name) not in _EMBEDDABLE]
    if not reads_function:
        return others, []
    filters = [(name, value) for name, value in others if "." in name or is_operation(value)]
    return filters, [pair for pair in others if pair not in filters]


def _first(pairs: _Pairs, name: str) -> str | None:
    return next((value for each, value in pairs if each == name), None)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _filters(pairs: _Pairs) -> list[tuple[Path, Filter]]:
    return [parse_filter(name, value) for name, value in pairs]


def _logic(pairs: _Pairs) -> list[tuple[Path, Filter]]:
    return [parse_logic(name, value) for name, value in pairs if _last(name) in ("and", "or")]


def _orders(pairs: _Pairs) -> tuple[tuple[Path, tuple[OrderTerm, ...]], ...]:
    return tuple((embed_path(name), parse_order(value)) for name, value in pairs if _last(name) == "order")


def _pages(pairs: _Pairs) -> tuple[tuple[Path, Page], ...]:
    limits, offsets = (_numbers(pairs, each) for each in ("limit", "offset"))
    if any(limit < 0 for limit in limits.values()):
        raise negative_limit()
    return tuple(
        (path, Page(limits.get(path), max(0, offsets.get(path, 0)))) for path in dict.fromkeys([*limits, *offsets])
    )


def _numbers(pairs: _Pairs, word: str) -> dict[Path, int]:
    """By embed; what is no number says nothing, and the last of several counts."""
    found = {}
    for name, value in pairs:
        if _last(name) == word and (number := _number(value)) is not None:
            found[embed_path(name)] = number
    return found


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = found[2].lstrip("0")
    size = _LARGEST if len(digits) > len(str(_LARGEST)) else min(int(digits or 0), _LARGEST)
    return -size if found[1] else size
