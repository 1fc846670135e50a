"""`select=`: columns, embeds within embeds, spreads, aggregates."""

from typing import Literal

from shared.platform.rest.query import Aggregate, Field, Selected, SelectedField, SelectedRelation

from .cursor import END, Cursor
from .names import field, identifier, name, try_name
from .parse_cache import cached_parse

_MOST_NESTED = 50
_MOST_ITEMS = 1000
_MOST_EMBEDS = 100
_STAR = SelectedField(Field("*"))


@cached_parse
def parse_select(text: str) -> tuple[Selected, ...]:
    """Parse `select`; an empty text selects nothing."""
    if text == "*":
        return (_STAR,)
    cursor = Cursor(text, "select parameter")
    found = _items(cursor)
    cursor.end()
    return found


def _items(cursor: Cursor) -> tuple[Selected, ...]:
    cursor.blanks()
    if cursor.ended or cursor.peek() == ")":
        return ()
    found = [_item(cursor)]
    while cursor.skip(","):
        cursor.blanks()
        found.append(_item(cursor))
    return tuple(found)


def _item(cursor: Cursor) -> Selected:
    cursor.items += 1
    if cursor.items > _MOST_ITEMS:
        cursor.expect("fewer columns")
        cursor.fail()
    cursor.blanks()
    found = _relation(cursor) or _star(cursor) or _field(cursor)
    cursor.blanks()
    return found


def _relation(cursor: Cursor) -> SelectedRelation | None:
    """Read an embed; return None, back where it began, when no parenthesis follows the name."""
    start = cursor.at
    spread = cursor.skip("...")
    alias = None if spread else _alias(cursor)
    target = try_name(cursor)
    if target is None or (target == "count" and not spread):
        cursor.at = start
        return None
    hint, join = _modifiers(cursor)
    cursor.blanks()
    if not cursor.skip("("):
        if spread:
            cursor.fail()
        cursor.back(start)
        return None
    return SelectedRelation(target, _nested(cursor), alias, hint, join, spread)


def _nested(cursor: Cursor) -> tuple[Selected, ...]:
    cursor.depth += 1
    cursor.embeds += 1
    if cursor.embeds > _MOST_EMBEDS:
        cursor.expect("fewer embeds")
        cursor.fail()
    if cursor.depth > _MOST_NESTED:
        cursor.expect("fewer parentheses")
        cursor.fail()
    found = _items(cursor)
    cursor.need(")")
    cursor.depth -= 1
    return found


def _alias(cursor: Cursor) -> str | None:
    """Read `alias:`, but not `column::cast`."""
    start = cursor.at
    found = try_name(cursor)
    if found is not None and cursor.peek() == ":" and not cursor.text.startswith("::", cursor.at):
        cursor.at += 1
        return found
    cursor.at = start
    return None


def _modifiers(cursor: Cursor) -> tuple[str | None, Literal["inner", "left"] | None]:
    """Read `!hint`, `!inner`, `!left`: two at most, in any order; of two of a kind the first counts."""
    hint: str | None = None
    join: Literal["inner", "left"] | None = None
    for _ in range(2):
        if cursor.peek() != "!":
            break
        cursor.at += 1
        word = name(cursor)
        if word == "inner":
            join = join or "inner"
        elif word == "left":
            join = join or "left"
        else:
            hint = hint or word
    return hint, join


def _star(cursor: Cursor) -> SelectedField | None:
    if not cursor.skip("*"):
        return None
    _end(cursor)
    return _STAR


def _field(cursor: Cursor) -> SelectedField:
    alias = _alias(cursor)
    cursor.blanks()
    if cursor.skip("count()"):
        counted = SelectedField(Field("*"), alias, aggregate=Aggregate.COUNT, aggregate_cast=_cast(cursor))
        _end(cursor)
        return counted
    column = field(cursor)
    cast = _cast(cursor)
    aggregate = _aggregate(cursor)
    aggregate_cast = _cast(cursor) if aggregate else None
    _end(cursor)
    return SelectedField(column, alias, cast, aggregate, aggregate_cast)


def _cast(cursor: Cursor) -> str | None:
    return identifier(cursor) if cursor.skip("::") else None


def _aggregate(cursor: Cursor) -> Aggregate | None:
    if not cursor.skip("."):
        return None
    found = next((aggregate for aggregate in Aggregate if cursor.skip(aggregate.value)), None)
    if found is None:
        cursor.fail()
    cursor.need("()")
    return found


def _end(cursor: Cursor) -> None:
    """Check that an item may end here: before a comma, before a closing parenthesis, or at the end."""
    cursor.blanks()
    if not cursor.ended and cursor.peek() not in ",)":
        cursor.expect('")"', '","', END)
        cursor.fail()
