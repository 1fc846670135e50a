"""A statement with its values, the text that Postgres gets of it, and its rows; none of it needs the driver."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")


class Text(msgspec.Struct, frozen=True):
    """SQL with numbered parameters."""

    sql: bytes
    names: list[str]
    """The parameters, in the order of their numbers."""
    varies: bool
    """Whether other values would have made another text."""


class Query(msgspec.Struct, frozen=True, eq=False):
    """SQL whose text depends on which conditions apply and on how many rows are wanted.

    `{name}` in `sql` stands for the condition of that name in `where`, which applies unless the parameter of that name
    is None; `LIMIT {name}` for a number of rows, whose parameter `limits` names.

    Postgres plans a prepared statement once for all values only where it takes that plan to be no dearer than those for
    single values. It never does where a LIMIT is a parameter, nor where a condition says `%(name)s IS NULL OR ...`.
    Each text that is made here is prepared by itself, and planned once (docs/decisions/0012).
    """

    sql: str
    where: Mapping[str, str] = {}
    limits: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in (*self.where, *self.limits):
            if f"{{{name}}}" not in self.sql:
                raise ValueError(f"the query has no place for {{{name}}}")

    def text(self, params: Mapping[str, Any]) -> Text:
        """Return the same text for the same conditions and numbers of rows."""
        absent = tuple([params[name] is None for name in self.where])
        return _text(self, absent, tuple([_whole_number(params[name]) for name in self.limits]))


class Statement(msgspec.Struct, frozen=True):
    """SQL with `%(name)s` placeholders and their values."""

    sql: str | Query
    params: dict[str, Any]
    ad_hoc: bool = False
    """Made from a client's query: it stays prepared while it is among the last that were used, and displaces none of
    ours."""

    def text(self) -> Text:
        return _fixed_text(self.sql) if isinstance(self.sql, str) else self.sql.text(self.params)


class Rows(msgspec.Struct, frozen=True):
    columns: list[str]
    values: list[tuple[Any, ...]]
    changed: int
    """How many rows a writing statement touched."""


def json_text(value: Any) -> str:
    """Return the value as JSON, for a parameter that the statement casts to jsonb."""
    return msgspec.json.encode(value).decode()


def _whole_number(value: Any) -> int | None:
    return value if type(value) is int else None


@lru_cache(maxsize=2048)
def _fixed_text(sql: str) -> Text:
    return _numbered(sql, varies=False)


@lru_cache(maxsize=2048)
def _text(query: Query, absent: tuple[bool, ...], limits: tuple[int | None, ...]) -> Text:
    sql = query.sql
    for (name, condition), is_absent in zip(query.where.items(), absent, strict=True):
        sql = sql.replace(f"{{{name}}}", f"({'TRUE' if is_absent else 'FALSE'} OR {condition})")
    for name, limit in zip(query.limits, limits, strict=True):
        sql = sql.replace(f"{{{name}}}", f"%({name})s" if limit is None else str(limit))
    return _numbered(sql, varies=True)


def _numbered(sql: str, *, varies: bool) -> Text:
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    return Text(_PLACEHOLDER.sub(number, sql).encode(), list(numbers), varies)
