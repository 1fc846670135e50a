"""What a condition means, said a second time without any SQL: three-valued logic over rows in memory."""

import re
from collections.abc import Callable
from typing import Any

from shared.platform.rest.query import Condition, Field, Filter, Group, Quantifier

Row = dict[str, Any]
Truth = bool | None
"""None is unknown."""


def holds(row: Row, asked: Filter) -> Truth:
    if isinstance(asked, Group):
        parts = [holds(row, each) for each in asked.members]
        decisive = asked.connective == "or"
        found = decisive if decisive in parts else None if None in parts else not decisive
        return _negated(found, asked.negated)
    return _negated(_compared(value(row, asked.field), asked), asked.negated)


def value(row: Row, field: Field) -> Any:
    found = row[field.name]
    for step in field.steps:
        if isinstance(step.key, str):
            found = found.get(step.key) if isinstance(found, dict) else None
        else:
            found = found[step.key] if isinstance(found, list) and -len(found) <= step.key < len(found) else None
    return found


def _negated(truth: Truth, negated: bool) -> Truth:
    return truth if truth is None or not negated else not truth


def _compared(found: Any, asked: Condition) -> Truth:
    if asked.operator == "is":
        return _is(found, str(asked.value))
    if asked.operator == "isdistinct":
        return found is None or found != _like(found, str(asked.value))
    if found is None:
        return None
    if asked.operator in _OF_ARRAYS:
        return _OF_ARRAYS[asked.operator](set(found), set(asked.value))
    compare = _COMPARISONS["eq" if asked.operator == "in" else asked.operator]
    if isinstance(asked.value, str):
        return compare(found, _like(found, asked.value))
    truths = [compare(found, _like(found, each)) for each in asked.value]
    return all(truths) if asked.quantifier is Quantifier.ALL else any(truths)


def _is(found: Any, what: str) -> bool:
    if what in ("null", "unknown"):
        return found is None
    return found is not None if what == "not_null" else found is (what == "true")


def _like(found: Any, text: str) -> Any:
    """Return the text as a value of the other's kind."""
    if isinstance(found, bool):
        return text == "true"
    return int(text) if isinstance(found, int) else text


def _matches(found: str, pattern: str, flags: int = 0) -> bool:
    parts = (".*" if each in "*%" else "." if each == "_" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), found, flags | re.DOTALL) is not None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "like": _matches,
    "ilike": lambda one, other: _matches(one, other, re.IGNORECASE),
}
_OF_ARRAYS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "cs": lambda one, other: one >= other,
    "cd": lambda one, other: one <= other,
    "ov": lambda one, other: bool(one & other),
}
