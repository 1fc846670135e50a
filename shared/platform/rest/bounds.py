"""Limits of one request: depth, number and size. The host sets them; without limits, everything is as in PostgREST.

Each refusal carries its own code, the limit and the requested number in `details`, as JSON text; docs/errors.md lists
the codes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from .errors import RestRefusal
from .grammar.values import TEXT_SEARCH
from .payload import JsonPayload, Payload
from .query import Condition, Field, Filter, Query, Selected, SelectedRelation
from .settings import Bounds

_PATTERNS = frozenset({"match", "imatch"})
_WORD = re.compile(r"\w+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
STATUSES = {
    "query_too_large": 400,
    "embeds_too_deep": 400,
    "pattern_not_allowed": 400,
    "too_many_rows": 413,
    "answer_too_large": 413,
}
"""The HTTP status of each refusal in this module."""
ANSWER = "rest-answer-of-bytes:"
"""A text that Postgres fails to read as a number when an answer is too large; see `capped` and `sql.answer_size`."""


def check_query(text: str, query: Query, bounds: Bounds) -> None:
    """Check that a parsed query keeps to the bounds.

    Raises:
        RestRefusal: query_too_large, embeds_too_deep, pattern_not_allowed.
    """
    if bounds == _NONE:
        return
    _most("query_too_large", "bytes of the query string", len(text), bounds.query_bytes)
    _most("embeds_too_deep", "levels of embedded tables", _depth(query.select), bounds.depth)
    _most("query_too_large", "embedded tables", sum(1 for _ in _embeds(query.select)), bounds.embeds)
    _check_columns(query.select, bounds)
    found = list(_conditions(condition for _, condition in query.filters))
    _most("query_too_large", "conditions", len(found), bounds.conditions)
    _most("query_too_large", "terms of order", sum(len(terms) for _, terms in query.orders), bounds.conditions)
    _most(
        "query_too_large",
        "nested groups",
        max((_nesting(condition) for _, condition in query.filters), default=0),
        bounds.nested,
    )
    for condition in found:
        _check_condition(condition, bounds)


def check_rows(rows: int, bounds: Bounds) -> None:
    """Check that a read keeps to the limit of rows, those of its embedded tables included.

    Raises:
        RestRefusal: too_many_rows.
    """
    hint = "give the embedded tables a limit, such as orders.limit=10"
    _most("too_many_rows", "rows with those of embedded tables", rows, bounds.rows, hint)


def check_payload(payload: Payload | None, bounds: Bounds) -> None:
    """Check that a body does not write more rows than one request may.

    Raises:
        RestRefusal: too_many_rows.
    """
    if bounds.written_rows is None or not isinstance(payload, JsonPayload) or not payload.is_array:
        return
    try:
        rows = len(_ELEMENTS.decode(payload.text))
    except (msgspec.DecodeError, RecursionError):
        return  # Postgres reports the fault.
    _most("too_many_rows", "rows of one body", rows, bounds.written_rows, "send them in several requests")


def capped(column: str, most: int) -> str:
    """Write the column so that the statement fails when the text is longer, and the change with it."""
    failure = f"('{ANSWER}' || octet_length({column}))::int::text"
    return f"CASE WHEN octet_length({column}) > {most} THEN {failure} ELSE {column} END"


def answer_too_large(message: str, most: int | None) -> RestRefusal | None:
    """Return the refusal when the message is a failure of `capped`; None for any other message about a number.

    The full size of the answer is unknown: Postgres stops as soon as the answer is too large.
    """
    _, mark, rest = message.partition(ANSWER)
    if not mark or most is None:
        return None
    size = "".join(character for character in rest if character.isdigit())
    details = msgspec.json.encode({"error": "answer_too_large", "limit": most, "current": int(size or 0)}).decode()
    message = f"an answer has at most {most} bytes, and this one would have more"
    hint = "ask for fewer rows or columns: limit, offset and select"
    return RestRefusal(STATUSES["answer_too_large"], "PT413", message, details, hint)


_NONE = Bounds()
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def _most(code: str, of: str, current: int, most: int | None, hint: str | None = None) -> None:
    if most is not None and current > most:
        raise _refusal(code, of, current, most, hint)


def _refusal(code: str, of: str, current: int, most: int, hint: str | None) -> RestRefusal:
    status = STATUSES[code]
    fields: dict[str, Any] = {"error": code, "limit": most, "current": current}
    details = msgspec.json.encode(fields).decode()
    return RestRefusal(
        status, f"PT{status}", f"at most {most} {of} may be asked for, and there are {current}", details, hint
    )


def _embeds(select: Iterable[Selected]) -> Iterator[SelectedRelation]:
    for item in select:
        if isinstance(item, SelectedRelation):
            yield item
            yield from _embeds(item.select)


def _check_columns(select: Iterable[Selected], bounds: Bounds) -> None:
    columns = Counter(_columns("", select))
    _most("query_too_large", "columns", columns.total(), bounds.columns)
    if columns and bounds.repeats is not None:
        (_, field), times = columns.most_common(1)[0]
        _most("query_too_large", f"times {field.name}", times, bounds.repeats)


def _columns(table: str, select: Iterable[Selected]) -> Iterator[tuple[str, Field]]:
    for item in select:
        if isinstance(item, SelectedRelation):
            yield from _columns(item.name, item.select)
        else:
            yield table, item.field


def _depth(select: Iterable[Selected]) -> int:
    return max((1 + _depth(item.select) for item in select if isinstance(item, SelectedRelation)), default=0)


def _conditions(filters: Iterable[Filter]) -> Iterator[Condition]:
    for condition in filters:
        if isinstance(condition, Condition):
            yield condition
        else:
            yield from _conditions(condition.members)


def _nesting(wanted: Filter) -> int:
    return 0 if isinstance(wanted, Condition) else 1 + max(map(_nesting, wanted.members), default=0)


def _check_condition(wanted: Condition, bounds: Bounds) -> None:
    values = (wanted.value,) if isinstance(wanted.value, str) else wanted.value
    _most("query_too_large", f"values of {wanted.field.name}", len(values), bounds.values)
    if wanted.operator in TEXT_SEARCH:
        terms = sum(len(_WORD.findall(value)) for value in values)
        _most("query_too_large", f"words to search in {wanted.field.name}", terms, bounds.terms)
    if wanted.operator in _PATTERNS and bounds.pattern is not None:
        for text in values:
            _check_pattern(text, bounds.pattern)


def _check_pattern(pattern: str, most: int) -> None:
    """Refuse a back reference: it makes matching take exponential time, and no other construct does."""
    _most("query_too_large", "characters of a regular expression", len(pattern), most)
    if any(character.isdigit() and character != "0" for character in _ESCAPED.findall(pattern)):
        details = msgspec.json.encode({"error": "pattern_not_allowed"}).decode()
        message = "a regular expression may not refer back to what it has matched"
        raise RestRefusal(400, "PT400", message, details, "leave out \\1 to \\9")
