"""Names in every parameter: columns, JSON paths, casts, paths of embeds, lists of columns."""

import re

from shared.platform.rest.query import Field, JsonStep, Path

from .cursor import END, Cursor
from .parse_cache import cached_parse

FIELD_NAME = "field name (* or [a..z0..9_$])"
DELIMITER = "delimiter (.)"
_KEY = "any non reserved character different from: .,>()"
_PART = r"(?:[^\W\d]|[0-9 $])+"
_NAME = re.compile(rf"{_PART}(?:-(?!>){_PART})*")
_IDENTIFIER = re.compile(_PART)
_QUOTED = re.compile(r'"((?:[^\\"]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_INDEX = re.compile(r"-?[0-9]+")
_AFTER_INDEX = re.compile(r"->|::|[.,)]|$")
_JSON_KEY = re.compile(r"[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*")
_MOST_STEPS = 50
_TOO_LONG = 10
"""Digits that an index of an array never has."""


def name(cursor: Cursor) -> str:
    found = try_name(cursor)
    if found is None:
        cursor.fail()
    return found


def try_name(cursor: Cursor) -> str | None:
    """Read a name; blanks around a bare name, and around each part between its dashes, do not belong to it."""
    if cursor.peek() == '"':
        return quoted(cursor, FIELD_NAME)
    found = cursor.match(_NAME, FIELD_NAME)
    if found is None:
        return None
    cursor.expect("letter", "digit", '"-"')
    return _stripped(found)


def quoted(cursor: Cursor, label: str) -> str | None:
    """Read `"…"`, in which a backslash takes the next character as it is."""
    found = _QUOTED.match(cursor.text, cursor.at)
    if found is None:
        cursor.expect(label)
        return None
    cursor.at = found.end()
    return _ESCAPE.sub(r"\1", found[1])


def identifier(cursor: Cursor) -> str:
    """Read a type's name in a cast, or a text search configuration."""
    found = cursor.match(_IDENTIFIER, "letter", "digit")
    if found is None:
        cursor.fail()
    cursor.expect("letter", "digit")
    return found.strip()


def field(cursor: Cursor) -> Field:
    """Read a column, and a path into its JSON if there is one, with blanks around them."""
    cursor.blanks()
    column = name(cursor)
    found = Field(column, json_path(cursor))
    cursor.blanks()
    return found


def json_path(cursor: Cursor) -> tuple[JsonStep, ...]:
    steps: list[JsonStep] = []
    while True:
        if len(steps) > _MOST_STEPS:
            cursor.expect("fewer steps")
            cursor.fail()
        if cursor.skip("->>"):
            steps.append(JsonStep(_operand(cursor), as_text=True))
        elif cursor.skip("->"):
            steps.append(JsonStep(_operand(cursor), as_text=False))
        else:
            return tuple(steps)


def _operand(cursor: Cursor) -> str | int:
    index = _index(cursor)
    if index is not None:
        return index
    key = quoted(cursor, _KEY) if cursor.peek() == '"' else cursor.match(_JSON_KEY, _KEY)
    if key is None:
        cursor.fail()
    return _stripped(key)


def _index(cursor: Cursor) -> int | None:
    """Read a number, unless it goes on as a key, or is larger than any index of an array."""
    start = cursor.at
    found = _INDEX.match(cursor.text, start)
    if found is None:
        cursor.at += cursor.peek() == "-"
        cursor.expect("digit")
    else:
        cursor.at = found.end()
        if _AFTER_INDEX.match(cursor.text, cursor.at) and len(found[0]) < _TOO_LONG:
            return int(found[0])
        cursor.expect("digit", '"->"', '"::"', '"."', '","', END)
    cursor.at = start
    return None


@cached_parse
def tree_path(text: str) -> tuple[Path, Field]:
    """Parse `embed.embed.column->key`, the name of a filter's parameter."""
    cursor = Cursor(text, "tree path")
    names = _dotted(cursor)
    steps = json_path(cursor)
    cursor.end()
    return tuple(names[:-1]), Field(names[-1], steps)


def logic_path(text: str) -> tuple[Path, str, bool]:
    """Parse `embed.not.or` into the embeds, the connective, and whether it is negated."""
    cursor = Cursor(text, "logic path")
    names = _dotted(cursor)
    cursor.end()
    return tuple(name for name in names[:-1] if name != "not"), names[-1], "not" in names[:-1]


def embed_path(text: str) -> Path:
    """Parse the path of `embed.order`, `embed.limit` or `embed.offset`."""
    return tree_path(text)[0]


def columns(text: str, parameter: str) -> tuple[str, ...]:
    """Parse `a,"b c",d`."""
    cursor = Cursor(text, f"{parameter} parameter")
    found = [name(cursor)]
    while True:
        cursor.blanks()
        if not cursor.skip(","):
            cursor.end()
            return tuple(found)
        cursor.blanks()
        found.append(name(cursor))


def _dotted(cursor: Cursor) -> list[str]:
    names = [name(cursor)]
    while cursor.peek() == ".":
        cursor.at += 1
        names.append(name(cursor))
    cursor.expect(DELIMITER)
    return names


def _stripped(text: str) -> str:
    return "-".join(part.strip() for part in text.split("-"))
