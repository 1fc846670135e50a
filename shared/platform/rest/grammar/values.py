"""Operators and their operands: `not.eq.5`, `in.(1,"a,b")`, `like(any).{a*,b*}`, `fts(english).word`."""

import re
from collections.abc import Callable
from typing import NoReturn

import msgspec

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.query import Condition, Field, Quantifier

from .cursor import Cursor
from .names import DELIMITER, quoted

QUANTIFIABLE = frozenset({"eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch"})
SIMPLE = frozenset({"neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj", "isdistinct"})
TEXT_SEARCH = frozenset({"fts", "plfts", "phfts", "wfts"})
OPERATORS = QUANTIFIABLE | SIMPLE | TEXT_SEARCH | {"in", "is"}
PLAIN = re.compile(rf"(not\.)?({'|'.join(OPERATORS - {'in', 'is'})})\.(.*)", re.DOTALL)
"""The whole form of nearly all filters: an operator without parentheses, and any text."""

_OPERATOR = "operator (eq, gt, ...)"
_WORD = re.compile(r"[a-z]+")
_QUANTIFIER = re.compile(r"any|all")
_CONFIGURATION = re.compile(r"(?:[^\W\d]|[0-9 $])+")
_IS = re.compile(r"(?:null|not_null|true|false|unknown)\b", re.IGNORECASE)
_IS_LABEL = "isVal: (null, not_null, true, false, unknown)"
_ELEMENT = re.compile(r"[^,)]*")
_ANYTHING = re.compile(r".*", re.DOTALL)
_ARRAY = re.compile(r"\{[^{}]*\}")
_ARRAY_ELEMENT = re.compile(r'\s*(?:"((?:[^\\"]|\\.)*)"|((?:[^\\",{}]|\\.)+))\s*(,|$)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

Value = Callable[[Cursor], str]
"""Reads a single value: to the parameter's end, or within a logic tree to the next comma or parenthesis."""


class _Operation(msgspec.Struct, frozen=True):
    operator: str
    quantifier: Quantifier | None = None
    configuration: str | None = None


def condition(cursor: Cursor, field: Field, value: Value) -> Condition:
    """Read the part after the field: `[not.]operator[(…)].value`."""
    negated = _negation(cursor)
    operation = _operation(cursor)
    return Condition(
        field=field,
        operator=operation.operator,
        value=_value(cursor, operation, value),
        negated=negated,
        quantifier=operation.quantifier,
        configuration=operation.configuration,
    )


def _negation(cursor: Cursor) -> bool:
    if cursor.text.startswith("not.", cursor.at):
        cursor.at += len("not.")
        return True
    if cursor.text.startswith("not", cursor.at):
        cursor.at += len("not")
        cursor.expect(DELIMITER)
        cursor.fail()
    cursor.skip("not")
    return False


def is_operation(text: str) -> bool:
    """Return whether a function's parameter filters its result; otherwise it is an argument."""
    word = text.split(".", 1)[0]
    if word == "not":
        return "." in text
    return word in OPERATORS or (word.split("(", 1)[0] in QUANTIFIABLE | TEXT_SEARCH and "(" in word)


def rest_of(cursor: Cursor) -> str:
    """Read everything that is left."""
    return cursor.match(_ANYTHING) or ""


def within_logic(cursor: Cursor) -> str:
    """Read a quoted value, an array literal, or the text before the next comma or parenthesis."""
    if cursor.peek() == "{" and (array := cursor.match(_ARRAY)) is not None:
        return array
    return _element(cursor)


def _operation(cursor: Cursor) -> _Operation:
    """Read the operator, its parentheses, and the delimiter."""
    word = cursor.match(_WORD, _OPERATOR) or ""
    if word not in OPERATORS:
        cursor.at -= len(word)
        _no_operator(cursor)
    operation = _Operation(word)
    if cursor.peek() == "(" and word in QUANTIFIABLE:
        operation = _Operation(word, quantifier=Quantifier(_inside(cursor, _QUANTIFIER)))
    elif cursor.peek() == "(" and word in TEXT_SEARCH:
        operation = _Operation(word, configuration=_inside(cursor, _CONFIGURATION).strip())
    _delimiter(cursor, ".")
    return operation


def _inside(cursor: Cursor, pattern: re.Pattern[str]) -> str:
    cursor.at += 1
    found = cursor.match(pattern, _OPERATOR)
    if found is None:
        cursor.fail()
    _delimiter(cursor, ")")
    return found


def _delimiter(cursor: Cursor, expected: str) -> None:
    if cursor.peek() != expected:
        _no_operator(cursor)
    cursor.at += 1


def _no_operator(cursor: Cursor) -> NoReturn:
    cursor.expect(_OPERATOR)
    cursor.fail()


def _value(cursor: Cursor, operation: _Operation, value: Value) -> str | tuple[str, ...]:
    if operation.operator == "in":
        return _list(cursor)
    if operation.operator == "is":
        found = cursor.match(_IS, _IS_LABEL)
        if found is None:
            cursor.fail()
        return found.lower()
    single = value(cursor)
    return array(single) if operation.quantifier is not None else single


def _list(cursor: Cursor) -> tuple[str, ...]:
    """Read `(a,"b,c")`; `()` has no element."""
    cursor.blanks()
    cursor.need("(")
    cursor.blanks()
    elements = [_element(cursor)]
    while cursor.skip(","):
        elements.append(_element(cursor))
    cursor.need(")")
    cursor.blanks()
    return () if elements == [""] else tuple(elements)


def _element(cursor: Cursor) -> str:
    """Read an element; it is quoted only as a whole, and a quote elsewhere is a character like others."""
    start = cursor.at
    if cursor.peek() == '"':
        text = quoted(cursor, '"\\""')
        if text is not None and cursor.peek() in ("", ",", ")"):
            return text
        cursor.at = start
    return cursor.match(_ELEMENT) or ""


def array(text: str) -> tuple[str, ...]:
    """Return the elements of a Postgres array literal of one dimension.

    Raises:
        RestRefusal: Postgres's own, for a text that is none.
    """
    trimmed = text.strip()
    if not trimmed.startswith("{"):
        raise _malformed(text, 'Array value must start with "{" or dimension information.')
    if not trimmed.endswith("}"):
        raise _malformed(text, "Unexpected end of input.")
    inner = trimmed[1:-1]
    elements: list[str] = []
    at = 0
    while at < len(inner) or (elements and inner.endswith(",")):
        found = _ARRAY_ELEMENT.match(inner, at)
        if found is None or (found[1] is None and not found[2].strip()):
            raise _malformed(text, "Unexpected array element.")
        elements.append(_ESCAPE.sub(r"\1", found[2].strip() if found[1] is None else found[1]))
        at = found.end()
        if not found[3]:
            break
    return tuple(elements)


def _malformed(text: str, details: str) -> RestRefusal:
    return RestRefusal(400, "22P02", f'malformed array literal: "{text}"', details)
