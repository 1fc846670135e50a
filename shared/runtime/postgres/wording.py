"""A statement as it is sent: its parameters numbered, and what its plan should depend on written out.

Postgres plans a prepared statement once for all values, unless it takes the plans for single values to be cheaper,
which is guesswork: a LIMIT that is a parameter stands for a tenth of the table, and of `%(x)s IS NULL OR ...`, our form
for a filter that need not be given, both halves are planned for. So the text says how many rows are wanted and which
filters are given; each such text is prepared by itself, and a list is not planned anew at every call
(docs/decisions/0012).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")
_ASKED = re.compile(r"%\((\w+)\)s(?:::\w+(?:\[\])?)? IS NULL\b")
_LIMIT = re.compile(r"\bLIMIT %\((\w+)\)s")
_Written = tuple[bool | int | None, ...]


class Text(NamedTuple):
    """The statement as Postgres numbers its parameters."""

    sql: bytes
    names: list[str]
    varies: bool
    """Whether other values would have made another text."""


class _Depends(NamedTuple):
    """The parameters that the text depends on."""

    asked: tuple[str, ...]
    limits: tuple[str, ...]


def worded(sql: str, params: Mapping[str, Any]) -> Text:
    """The same values give the same text, and one that is left out of the text is not sent."""
    depends = _depends(sql)
    if isinstance(depends, Text):
        return depends
    written = (*(params[name] is None for name in depends.asked), *(_literal(params[name]) for name in depends.limits))
    return _text(sql, depends, written)


def _literal(value: Any) -> int | None:
    return value if type(value) is int else None


@lru_cache(maxsize=2048)
def _depends(sql: str) -> _Depends | Text:
    """The text itself where it is the same for all values."""
    asked, limits = (tuple(dict.fromkeys(form.findall(sql))) for form in (_ASKED, _LIMIT))
    return _Depends(asked, limits) if asked or limits else _numbered(sql, varies=False)


@lru_cache(maxsize=2048)
def _text(sql: str, depends: _Depends, written: _Written) -> Text:
    values = dict(zip((*depends.asked, *depends.limits), written, strict=True))
    sql = _ASKED.sub(lambda found: "TRUE" if values[found[1]] else "FALSE", sql)
    sql = _LIMIT.sub(lambda found: found[0] if values[found[1]] is None else f"LIMIT {values[found[1]]}", sql)
    return _numbered(sql, varies=True)


def _numbered(sql: str, *, varies: bool) -> Text:
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return Text(_PLACEHOLDER.sub(number, sql).encode(), names, varies)
