"""The parsed query string, before any name in it is looked up."""

from enum import StrEnum
from typing import Literal

import msgspec

Path = tuple[str, ...]
"""Names (or aliases) of embeds from the top down to the one that is meant; empty for the top itself."""


class JsonStep(msgspec.Struct, frozen=True):
    """`->key`, `->0` or, as text, `->>key`."""

    key: str | int
    as_text: bool


class Field(msgspec.Struct, frozen=True):
    """A column, or a path into its JSON value."""

    name: str
    steps: tuple[JsonStep, ...] = ()


class Quantifier(StrEnum):
    ANY = "any"
    ALL = "all"


class Condition(msgspec.Struct, frozen=True):
    """`field=[not.]operator[(quantifier or text search configuration)].value`.

    `value` is the text as sent (with `*` instead of `%`, `is` in lower case); a tuple for `in` and for a quantifier.
    """

    field: Field
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    quantifier: Quantifier | None = None
    configuration: str | None = None


class Group(msgspec.Struct, frozen=True):
    """`and(...)` or `or(...)`, possibly negated."""

    connective: Literal["and", "or"]
    members: tuple["Filter", ...]
    negated: bool = False


Filter = Condition | Group


class OrderTerm(msgspec.Struct, frozen=True):
    """`relation` is the to-one embed (name or alias) whose column orders; None for the table's own column."""

    field: Field
    relation: str | None = None
    descending: bool | None = None
    nulls_first: bool | None = None


class Aggregate(StrEnum):
    SUM = "sum"
    AVG = "avg"
    COUNT = "count"
    MAX = "max"
    MIN = "min"


class SelectedField(msgspec.Struct, frozen=True):
    """`alias:field::cast`, or `alias:field::cast.aggregate()::aggregate_cast`. The field `*` is every column.

    `count()` alone is the aggregate COUNT with the field `*`.
    """

    field: Field
    alias: str | None = None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


class SelectedRelation(msgspec.Struct, frozen=True):
    """`alias:name!hint!inner(select)`, or `...name(select)` spread into its parent.

    With an empty select it only filters.
    """

    name: str
    select: tuple["Selected", ...]
    alias: str | None = None
    hint: str | None = None
    join: Literal["inner", "left"] | None = None
    spread: bool = False

    @property
    def key(self) -> str:
        """The name by which answers, filters and orders refer to it."""
        return self.alias or self.name


Selected = SelectedField | SelectedRelation


class Page(msgspec.Struct, frozen=True):
    limit: int | None = None
    offset: int = 0


class Query(msgspec.Struct, frozen=True):
    """`columns` and `on_conflict` are None without the parameter; `arguments` are a function's, as sent."""

    select: tuple[Selected, ...] = (SelectedField(Field("*")),)
    filters: tuple[tuple[Path, Filter], ...] = ()
    orders: tuple[tuple[Path, tuple[OrderTerm, ...]], ...] = ()
    pages: tuple[tuple[Path, Page], ...] = ()
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()
