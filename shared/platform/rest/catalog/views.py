"""The table column that each column of a view shows, through views upon views.

The server keeps a view's definition as a parsed tree, `{QUERY ... :targetList ({TARGETENTRY ... :resno 1 ...
:resorigtbl 16390 :resorigcol 2 ...} ...)}`: braces around a node, a backslash before a brace within a name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from .rows import ViewRow

ColumnKey = tuple[int, int]
"""A table's oid and the number of one of its columns."""

_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENTRY = re.compile(r" :resno (\d+) .*? :resorigtbl (\d+) :resorigcol (\d+)", re.DOTALL)
_LIST = " :targetList ("
_QUERY, _NODE_OF_QUERY = 1, 2


def trace(views: Iterable[ViewRow]) -> dict[ColumnKey, ColumnKey]:
    """Return the table column below each column of a view. Computed columns are left out."""
    shown = {(view.oid, own): key for view in views for own, key in origins(view.definition)}
    return {key: _bottom(shown, key) for key in shown}


def origins(definition: str) -> Iterator[tuple[int, ColumnKey]]:
    """Yield the number of each column of a view, and the column of a table or another view that it shows."""
    for entry in _target_list(definition):
        match = _ENTRY.search(entry)
        if match is not None and match[2] != "0":
            yield int(match[1]), (int(match[2]), int(match[3]))


def _bottom(shown: Mapping[ColumnKey, ColumnKey], key: ColumnKey) -> ColumnKey:
    passed: set[ColumnKey] = set()
    while key in shown and key not in passed:
        passed.add(key)
        key = shown[key]
    return key


def _target_list(definition: str) -> Iterator[str]:
    """Yield the text of each entry of the outermost query's target list, without the nodes inside it."""
    depth, end, inside = 0, 0, False
    entry = ""
    for found in _BRACE.finditer(definition):
        brace = found[0]
        if len(brace) > 1:
            continue
        between = definition[end : found.start()] if depth <= _NODE_OF_QUERY else ""
        end = found.end()
        if depth == _QUERY:
            inside = between.endswith(_LIST) or (inside and not between.strip())
        elif depth == _NODE_OF_QUERY and inside:
            entry += between
        depth += 1 if brace == "{" else -1
        if depth == _QUERY and inside and brace == "}":
            yield entry
            entry = ""
