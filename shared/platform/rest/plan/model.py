"""What a statement will say, before it is written: tables, columns, conditions and joins that the schema cache has."""

from typing import Literal

import msgspec

from shared.platform.rest.query import Aggregate, JsonStep, Page, Quantifier
from shared.platform.rest.schema import Column, Function, Relationship, Table

_UNLIMITED = 100
"""Rows that an embed is taken to have where nothing limits it."""


class Place(msgspec.Struct, frozen=True):
    """A column of a row, a computed field of it, or something within its JSON value."""

    name: str
    steps: tuple[JsonStep, ...] = ()
    is_json: bool = False
    """Whether the value takes `->` as it is."""
    is_vector: bool = False
    """Whether the value is one that text is searched in as it is."""
    is_computed: bool = False
    """Whether a function makes it of the row."""


class Output(msgspec.Struct, frozen=True):
    """`place` is None for the whole row, of which `count` alone can be made."""

    alias: str
    place: Place | None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


class Star(msgspec.Struct, frozen=True):
    """Every column, in the table's own order."""


class Compared(msgspec.Struct, frozen=True):
    place: Place
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    quantifier: Quantifier | None = None
    configuration: str | None = None


class Related(msgspec.Struct, frozen=True):
    """Whether the embed has a row; `child` is its place among the node's children."""

    child: int
    negated: bool = False


class Joined(msgspec.Struct, frozen=True):
    connective: Literal["and", "or"]
    members: tuple["Test", ...]
    negated: bool = False


Test = Compared | Related | Joined


class Order(msgspec.Struct, frozen=True):
    """`child` is the to-one embed whose value orders, if any."""

    place: Place
    child: int | None = None
    descending: bool | None = None
    nulls_first: bool | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table, function or earlier statement, and what is embedded in each of them."""

    alias: str
    """No other node of the request has it."""
    of: Table
    from_source: bool = False
    """Whether the rows are those that the statement before wrote or called for."""
    relationship: Relationship | None = None
    """To the parent's rows; None at the top."""
    key: str = ""
    """The member of the parent's object that it becomes."""
    inner: bool = False
    spread: bool = False
    outputs: tuple[Output | Star, ...] = ()
    where: tuple[Test, ...] = ()
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    children: tuple["Node", ...] = ()

    @property
    def to_one(self) -> bool:
        return self.relationship is None or self.relationship.to_one

    @property
    def most_rows(self) -> int:
        """Return how many rows the tree may have: the limits of its levels multiplied."""
        own = 1 if self.to_one and self.relationship is not None else self.limit
        return (_UNLIMITED if own is None else own) * (1 + sum(child.most_rows for child in self.children))

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is answered; otherwise it only filters and orders."""
        return bool(self.outputs) or any(child.is_shown for child in self.children)

    @property
    def is_hoisted(self) -> bool:
        """Whether its aggregates are computed over the parent's rows, into which it is spread."""
        return self.spread and self.to_one

    @property
    def is_aggregated(self) -> bool:
        own = any(isinstance(each, Output) and each.aggregate is not None for each in self.outputs)
        return own or any(child.is_hoisted and child.is_aggregated for child in self.children)


class Needs(msgspec.Struct, frozen=True):
    """What a reading of written rows takes of them: some columns, all, and the row as one value of the table's type."""

    columns: frozenset[str] = frozenset()
    everything: bool = False
    row: bool = False


class Body(msgspec.Struct, frozen=True):
    """A JSON array of objects and the columns to be read from it; where `defaults`, a missing member is the default."""

    text: str
    columns: tuple[Column, ...]
    defaults: bool = False


class Conflict(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    merge: bool


class Insert(msgspec.Struct, frozen=True):
    """`only` holds the payload's rows to the conditions of a PUT."""

    table: Table
    body: Body
    conflict: Conflict | None = None
    only: tuple[Test, ...] = ()


class Update(msgspec.Struct, frozen=True):
    table: Table
    body: Body
    where: tuple[Test, ...] = ()


class Delete(msgspec.Struct, frozen=True):
    table: Table
    where: tuple[Test, ...] = ()


class Argument(msgspec.Struct, frozen=True):
    """One that the request sent as text; a variadic one has several values."""

    name: str
    type: str
    value: str | tuple[str, ...]


class Call(msgspec.Struct, frozen=True):
    """Arguments come one by one, as members of one JSON object, or as one whole body."""

    function: Function
    arguments: tuple[Argument, ...] = ()
    members: Body | None = None
    whole: str | bytes | None = None
    page: Page = Page()
    """Of the values, where the function answers a set of them."""


Change = Insert | Update | Delete
