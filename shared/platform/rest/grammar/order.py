"""`order=`: `column.desc.nullslast`, or `embed(column).asc` by a column of a related row."""

from shared.platform.rest.query import Field, OrderTerm

from .cursor import END, Cursor
from .names import DELIMITER, field, try_name
from .parse_cache import cached_parse


@cached_parse
def parse_order(text: str) -> tuple[OrderTerm, ...]:
    cursor = Cursor(text, "order")
    found = [_term(cursor)]
    while cursor.skip(","):
        found.append(_term(cursor))
    cursor.end()
    return tuple(found)


def _term(cursor: Cursor) -> OrderTerm:
    cursor.blanks()
    relation, column = _related(cursor) or (None, field(cursor))
    term = OrderTerm(column, relation, _direction(cursor), _nulls(cursor))
    cursor.blanks()
    if not cursor.ended and cursor.peek() != ",":
        cursor.expect('","', END)
        cursor.fail()
    return term


def _related(cursor: Cursor) -> tuple[str, Field] | None:
    """Read `embed(column)`."""
    start = cursor.at
    relation = try_name(cursor)
    if relation is not None and cursor.peek() == "(":
        cursor.at += 1
        column = field(cursor)
        if cursor.skip(")"):
            return relation, column
    cursor.back(start)
    return None


def _direction(cursor: Cursor) -> bool | None:
    """Read whether the order descends; None where the text does not say."""
    return {None: None, "asc": False, "desc": True}[_word(cursor, "asc", "desc")]


def _nulls(cursor: Cursor) -> bool | None:
    """Read whether nulls come first; None where the text does not say."""
    return {None: None, "nullsfirst": True, "nullslast": False}[_word(cursor, "nullsfirst", "nullslast")]


def _word(cursor: Cursor, *words: str) -> str | None:
    start = cursor.at
    if cursor.peek() != ".":
        cursor.expect(DELIMITER)
        return None
    cursor.at += 1
    for word in words:
        if cursor.skip(word):
            return word
    cursor.at = start
    return None
