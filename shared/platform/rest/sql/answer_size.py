"""The size of an answer in the database, measured while it is gathered.

Each piece (a row's JSON, the list of an embed) larger than `small` adds its bytes to a setting of the transaction, less
those of its inner pieces that were added before. So the setting is the size of the answer so far, and the statement
fails as soon as that exceeds the limit. Pieces up to `small` are not counted, so that an ordinary read pays one
comparison for each row; they are so small that as many as one list may have do not matter.
"""

from collections.abc import Iterable, Iterator

import msgspec

from shared.platform.rest.bounds import ANSWER
from shared.platform.rest.plan.model import Node, Star

HELD = "pgrst.held"
"""The setting that counts."""
VALUE = '"pgrst_value"'
WITHIN = '"pgrst_within"'
"""Bytes of the pieces within a value that were counted already."""
_LIST = '"pgrst_list"'
_PARTS = 16
"""How many lists of small rows may be gathered without being counted."""
_HEADER = 4
"""Bytes of a value's length header; a short value in a row has a header of one byte."""
_SHORT = 127


class AnswerSize(msgspec.Struct, frozen=True):
    """The limits of an answer.

    `share` limits each list that cannot be counted, because the answer leaves out part of it.
    """

    most: int
    small: int
    share: int

    def piece(self, value: str = VALUE, within: str = WITHIN, of_type: str = "json") -> str:
        """Write the value, counted."""
        return f"CASE WHEN {_size(value)} > {self.small} THEN {self._counted(value, within, of_type)} ELSE {value} END"

    def counted_of(self, value: str) -> str:
        """Write how many of the value's bytes were counted when it was gathered."""
        return f"CASE WHEN {_size(value)} > {self.small} THEN {_bytes(value)} ELSE 0 END"

    def listed(self, rows: str) -> str:
        """Write the rows of `measured` as one counted list."""
        within = f"coalesce(sum({self.counted_of(VALUE)}), 0)"
        gathered = (
            f"SELECT coalesce(json_agg({self.piece()}), '[]') AS {_LIST}, {within} AS {WITHIN} FROM ({rows}) AS x"
        )
        return f"(SELECT {self.piece(_LIST)} FROM ({gathered}) AS x)"

    def shared(self, rows: str) -> str:
        """Write the rows of `measured` as a list that is no larger than its share, whatever else there is."""
        running = f"SELECT {VALUE}, {_running(_size(VALUE))} AS {WITHIN} FROM ({rows}) AS x"
        return f"(SELECT coalesce(json_agg({VALUE}), '[]') FROM ({running}) AS x WHERE {self.within_share(WITHIN)})"

    def within_share(self, running: str) -> str:
        """Write a condition that fails where the running sum exceeds the share."""
        failure = _failure(f"greatest({running}, {self.most + 1})")
        return f"CASE WHEN {running} > {self.share} THEN {failure} = 0 ELSE TRUE END"

    def _counted(self, value: str, within: str, of_type: str) -> str:
        size = f"coalesce(nullif(current_setting('{HELD}', true), ''), '0')::bigint"
        added = f"set_config('{HELD}', ({size} + ({_bytes(value)}) - {within})::text, true)::bigint"
        failure = _failure(f"current_setting('{HELD}', true)")
        return f"CASE WHEN {added} > {self.most} THEN {failure}::text::{of_type} ELSE {value} END"


def answer_size_of(node: Node | None, most: int | None, limit: int | None = None) -> AnswerSize | None:
    """Return the limits for these rows, or for so many values; None without a limit."""
    if most is None:
        return None
    limits = [inner.limit for inner in _nodes(node)] if node is not None else [limit]
    rows = max((one for one in limits if one is not None), default=1)
    small = 0 if None in limits else most // (_PARTS * max(rows, 1))
    lists = sum(1 for inner in _nodes(node) if not inner.to_one) if node is not None else 0
    return AnswerSize(most, small, most // max(lists, 1))


def measured(row: str, rows: str, within: Iterable[str] = ()) -> str:
    """Write a SELECT of each row's value, which is made once, and of what was counted within it."""
    return f"SELECT {row} AS {VALUE}, {' + '.join(within) or '0'} AS {WITHIN} FROM {rows} OFFSET 0"


def running_size(row: str) -> str:
    """Write the bytes of the rows so far, as text."""
    return _running(_size(f"row_to_json({row})"))


def is_counted(node: Node) -> bool:
    """Return whether it is a piece of its own: it has many rows, or an embed that is counted."""
    return node.is_shown and not node.spread and (not node.to_one or any(is_counted(child) for child in node.children))


def counts_within(node: Node) -> bool:
    """Return whether each piece within its rows is gathered once for each row of the answer, under a unique name."""
    if node.is_aggregated or node.spread or (node.offset and not cuts_first(node)):
        return False
    names = list(_names(node))
    return len(names) == len(set(names))


def cuts_first(node: Node) -> bool:
    """Return whether its page is cut before anything is embedded; otherwise rows before the page would be counted."""
    if not node.offset or node.is_aggregated or node.from_source or node.spread:
        return False
    shown = [child for child in node.children if child.is_shown]
    return any(is_counted(child) for child in shown) and not any(child.spread for child in shown)


def _names(node: Node) -> Iterator[str]:
    for output in node.outputs:
        yield from (node.of.columns if isinstance(output, Star) else (output.alias,))
    for child in node.children:
        if child.spread:
            yield from _names(child)
        elif child.is_shown:
            yield child.key


def _nodes(node: Node) -> Iterator[Node]:
    if node.is_shown or node.relationship is None:
        yield node
        for child in node.children:
            yield from _nodes(child)


def _size(value: str) -> str:
    return f"pg_column_size({value})"


def _bytes(value: str) -> str:
    size = _size(value)
    return f"CASE WHEN {size} > {_SHORT + _HEADER} THEN {size} - {_HEADER} ELSE octet_length({value}::text) END"


def _running(size: str) -> str:
    return f"sum({size}) OVER (ROWS UNBOUNDED PRECEDING)"


def _failure(size: str) -> str:
    """Write a cast to a number that fails, with the size in its message."""
    return f"('{ANSWER}' || {size})::int"
