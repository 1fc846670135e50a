"""Trees of conditions: `or=(a.eq.1,and(b.gt.2,not.or(c.is.null,d.in.(1,2))))`."""

import re

from shared.platform.rest.errors import RestRefusal, is_syntax
from shared.platform.rest.query import Condition, Filter, Group, Path

from .cursor import Cursor
from .names import DELIMITER, field, logic_path, tree_path
from .values import PLAIN, condition, rest_of, within_logic

_MOST_NESTED = 50
_CONNECTIVE = "logic operator (and, or)"
_OPENING = re.compile(r"(not\.)?(and|or)(?=[ \t]*\()")
_BEGUN = re.compile(r"not\.(and|or)?|(and|or)")


def parse_filter(name: str, text: str) -> tuple[Path, Condition]:
    path, column = tree_path(name)
    plain = PLAIN.fullmatch(text)
    if plain is not None:
        return path, Condition(column, plain[2], plain[3], negated=plain[1] is not None)
    cursor = Cursor(text, "filter")
    found = condition(cursor, column, rest_of)
    cursor.end()
    return path, found


def parse_logic(name: str, text: str) -> tuple[Path, Group]:
    path, connective, negated = logic_path(name)
    cursor = Cursor(text, "logic tree", shift=len(connective) + len("not.") * negated)
    members = _members(cursor)
    cursor.end()
    return path, Group("and" if connective == "and" else "or", members, negated)


def _members(cursor: Cursor) -> tuple[Filter, ...]:
    cursor.blanks()
    cursor.need("(")
    cursor.depth += 1
    if cursor.depth > _MOST_NESTED:
        cursor.expect("fewer parentheses")
        cursor.fail()
    cursor.blanks()
    found = [_member(cursor)]
    while _comma(cursor):
        found.append(_member(cursor))
    cursor.need(")")
    cursor.depth -= 1
    cursor.blanks()
    return tuple(found)


def _comma(cursor: Cursor) -> bool:
    cursor.blanks()
    found = cursor.skip(",")
    cursor.blanks()
    return found


def _member(cursor: Cursor) -> Filter:
    """Read a group or a condition. A column may be called `and`, too: only a parenthesis makes it a group."""
    opening = _OPENING.match(cursor.text, cursor.at)
    if opening is not None:
        cursor.at = opening.end()
        return Group("and" if opening[2] == "and" else "or", _members(cursor), opening[1] is not None)
    start = cursor.at
    try:
        return _condition(cursor)
    except RestRefusal as refusal:
        if not is_syntax(refusal):
            raise
        raise _no_member(cursor, start) from None


def _condition(cursor: Cursor) -> Condition:
    column = field(cursor)
    if cursor.peek() != ".":
        cursor.expect(DELIMITER)
        cursor.fail()
    cursor.at += 1
    return condition(cursor, column, within_logic)


def _no_member(cursor: Cursor, start: int) -> RestRefusal:
    """Return the refusal for what is neither; it speaks of a group where the text begins like one."""
    begun = _BEGUN.match(cursor.text, start)
    if begun is None:
        cursor.at = start
        cursor.expect("negation operator (not)", _CONNECTIVE)
    else:
        cursor.back(begun.end())
        cursor.expect('"("' if begun[1] or begun[2] else _CONNECTIVE)
    return cursor.refusal()
