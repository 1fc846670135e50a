"""The query string as a whole: which parameter is which, and each parsed by its own grammar."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus

from shared.platform.rest.errors import has_nul, negative_limit
from shared.platform.rest.query import Page, Path, Query

from .logic import parse_filter, parse_logic
from .names import columns, embed_path
from .order import parse_order
from .select import parse_select
from .values import is_operation

_WHOLE = ("select", "columns", "on_conflict")
_NUMBER = re.compile(r"\s*(-?)([0-9]+)\s*")
_LARGEST = 2**63 - 1
_EVERYTHING = Query()
_Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class _Assigned:
    """The parameters by kind; of `whole`, the first of each name counts."""

    whole: dict[str, str] = field(default_factory=dict)
    filters: _Pairs = field(default_factory=list)
    logic: _Pairs = field(default_factory=list)
    orders: _Pairs = field(default_factory=list)
    limits: _Pairs = field(default_factory=list)
    offsets: _Pairs = field(default_factory=list)
    arguments: _Pairs = field(default_factory=list)


def parse_query(text: str, *, reads_function: bool = False) -> Query:
    """Parse the query string.

    `reads_function` is for GET and HEAD of a function, where everything but a filter is an argument.

    Raises:
        RestRefusal: PGRST100; PGRST103 for a negative limit.
    """
    if not text:
        return _EVERYTHING
    found = _assigned(split(text), reads_function=reads_function)
    select, named, conflict = (found.whole.get(parameter) for parameter in _WHOLE)
    return Query(
        select=parse_select("*" if select is None else select),
        filters=(
            *(parse_filter(name, value) for name, value in found.filters),
            *(parse_logic(name, value) for name, value in found.logic),
        ),
        orders=tuple((embed_path(name), parse_order(value)) for name, value in found.orders),
        pages=_pages(found.limits, found.offsets) if found.limits or found.offsets else (),
        columns=None if named is None else columns(named, "columns"),
        on_conflict=None if conflict is None else columns(conflict, "on_conflict"),
        arguments=tuple(found.arguments),
    )


def canonical(text: str) -> str:
    """Return the same query with its parameters sorted and those of one name joined; empty where there are none."""
    values: dict[str, list[str]] = {}
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        values.setdefault(unquote_plus(name), []).append(quote(unquote_plus(value), safe=""))
    query = "&".join(f"{quote(name, safe='')}={','.join(values[name])}" for name in sorted(values))
    return f"?{query}" if query else ""


def split(text: str) -> _Pairs:
    """Decode names and values; ignore a parameter without `=`."""
    pairs = [part.partition("=") for part in text.split("&")]
    found = [(unquote_plus(name), unquote_plus(value)) for name, equals, value in pairs if equals]
    if any("\0" in name or "\0" in value for name, value in found):
        raise has_nul()
    return found


def _assigned(pairs: _Pairs, *, reads_function: bool) -> _Assigned:
    found = _Assigned()
    embeddable = {
        "order": found.orders,
        "limit": found.limits,
        "offset": found.offsets,
        "and": found.logic,
        "or": found.logic,
    }
    for pair in pairs:
        name, value = pair
        kind = embeddable.get(name.rpartition(".")[2])
        if kind is not None:
            kind.append(pair)
        elif name in _WHOLE:
            found.whole.setdefault(name, value)
        elif reads_function and "." not in name and not is_operation(value):
            found.arguments.append(pair)
        else:
            found.filters.append(pair)
    return found


def _pages(limits: _Pairs, offsets: _Pairs) -> tuple[tuple[Path, Page], ...]:
    most, first = _numbers(limits), _numbers(offsets)
    if any(limit < 0 for limit in most.values()):
        raise negative_limit()
    return tuple((path, Page(most.get(path), max(0, first.get(path, 0)))) for path in dict.fromkeys([*most, *first]))


def _numbers(pairs: _Pairs) -> dict[Path, int]:
    """Return the numbers by embed; ignore what is no number, and let the last of several count."""
    return {embed_path(name): number for name, value in pairs if (number := _number(value)) is not None}


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = found[2].lstrip("0")
    size = _LARGEST if len(digits) > len(str(_LARGEST)) else min(int(digits or 0), _LARGEST)
    return -size if found[1] else size
