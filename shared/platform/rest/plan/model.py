"""The content of a statement before it is written: tables, columns, conditions and joins of the schema cache."""

from typing import Literal

import msgspec

from shared.platform.rest.query import Aggregate, JsonStep, Page, Quantifier
from shared.platform.rest.schema import Column, Function, Relationship, Table

_UNLIMITED = 100
"""The assumed number of rows of an embed without a limit."""


class FieldPath(msgspec.Struct, frozen=True):
    """A column of a row, a computed field of it, or something within its JSON value."""

    name: str
    steps: tuple[JsonStep, ...] = ()
    is_json: bool = False
    """Whether `->` applies to the value without a conversion."""
    is_vector: bool = False
    """Whether the value is a tsvector."""
    is_computed: bool = False
    """Whether a function computes the value from the row."""


class Output(msgspec.Struct, frozen=True):
    """`field` is None for the whole row, which only `count` can aggregate."""

    alias: str
    field: FieldPath | None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


class Star(msgspec.Struct, frozen=True):
    """Every column, in the table's own order."""


class Compared(msgspec.Struct, frozen=True):
    field: FieldPath
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    quantifier: Quantifier | None = None
    configuration: str | None = None


class Related(msgspec.Struct, frozen=True):
    """A condition that the embed has a row; `child` is its index among the node's children."""

    child: int
    negated: bool = False


class Joined(msgspec.Struct, frozen=True):
    connective: Literal["and", "or"]
    members: tuple["Test", ...]
    negated: bool = False


Test = Compared | Related | Joined


class Order(msgspec.Struct, frozen=True):
    """A term of an order; `child` is the to-one embed whose value orders, if any."""

    field: FieldPath
    child: int | None = None
    descending: bool | None = None
    nulls_first: bool | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table, function or earlier statement, with the embeds of each row."""

    alias: str
    """Unique among the nodes of the request."""
    of: Table
    from_source: bool = False
    """Whether the rows come from the statement before, which wrote or called for them."""
    relationship: Relationship | None = None
    """The relationship to the parent's rows; None at the top."""
    key: str = ""
    """The member of the parent's object that holds it."""
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
        """The most rows that the tree may have: the limits of its levels multiplied."""
        own = 1 if self.to_one and self.relationship is not None else self.limit
        return (_UNLIMITED if own is None else own) * (1 + sum(child.most_rows for child in self.children))

    @property
    def is_shown(self) -> bool:
        """Whether it is part of the answer; otherwise it only filters and orders."""
        return bool(self.outputs) or any(child.is_shown for child in self.children)

    @property
    def is_hoisted(self) -> bool:
        """Whether its aggregates are computed over the parent's rows, into which it is spread."""
        return self.spread and self.to_one

    @property
    def is_aggregated(self) -> bool:
        own = any(isinstance(output, Output) and output.aggregate is not None for output in self.outputs)
        return own or any(child.is_hoisted and child.is_aggregated for child in self.children)


class Needs(msgspec.Struct, frozen=True):
    """What reading written rows requires of them: some columns, all, and the row as one value of the table's type."""

    columns: frozenset[str] = frozenset()
    everything: bool = False
    row: bool = False


class Body(msgspec.Struct, frozen=True):
    """A JSON array of objects and the columns to read from it; with `defaults`, a missing member takes the default."""

    text: str
    columns: tuple[Column, ...]
    defaults: bool = False


class Conflict(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    merge: bool


class Insert(msgspec.Struct, frozen=True):
    """`only` limits the payload's rows to the conditions of a PUT."""

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
    """An argument that the request sent as text; a variadic one has several values."""

    name: str
    type: str
    value: str | tuple[str, ...]


class FunctionCall(msgspec.Struct, frozen=True):
    """A call with its arguments one by one, as members of one JSON object, or as one whole body."""

    function: Function
    arguments: tuple[Argument, ...] = ()
    members: Body | None = None
    whole: str | bytes | None = None
    page: Page = Page()
    """The page of the values, where the function returns a set of them."""


Change = Insert | Update | Delete
