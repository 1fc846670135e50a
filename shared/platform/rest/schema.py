"""The objects of the database, as the catalog has them: tables, columns, keys, relationships, functions."""

from enum import StrEnum

import msgspec


class Name(msgspec.Struct, frozen=True, order=True):
    """The name of a table, view or function, with its schema."""

    schema: str
    name: str


class Column(msgspec.Struct, frozen=True):
    """`type` is as format_type writes it, with its modifier; `base_type` is without domains and modifiers."""

    name: str
    type: str
    base_type: str
    nullable: bool
    description: str | None = None
    default: str | None = None
    max_length: int | None = None
    values: tuple[str, ...] = ()
    """The labels of an enum."""
    always_generated: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table, view, materialized view, foreign or partitioned table. A view has the key of the table it shows."""

    name: Name
    columns: dict[str, Column]
    primary_key: tuple[str, ...] = ()
    description: str | None = None
    is_view: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    unreadable: frozenset[str] = frozenset()
    """Columns that the host's callers may not read: not part of `*`, unless it would be empty."""
    computed: dict[str, Column] = {}
    """Fields that a function over one of its rows computes.

    Requests select, filter and order by them as by columns, but `*` does not include them.
    """


class Cardinality(StrEnum):
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    ONE_TO_ONE = "one-to-one"
    MANY_TO_MANY = "many-to-many"


class Junction(msgspec.Struct, frozen=True):
    """The table between, its two foreign keys, and the pairs (own column, junction's column) of each."""

    table: Name
    source_constraint: str
    target_constraint: str
    source_columns: tuple[tuple[str, str], ...]
    target_columns: tuple[tuple[str, str], ...]


class Relationship(msgspec.Struct, frozen=True):
    """From `source` to `target`, by a foreign key of either, by a junction, or by a function over a row of `source`."""

    source: Name
    target: Name
    cardinality: Cardinality
    constraint: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    """Pairs (source's column, target's column); empty with a junction or a function."""
    junction: Junction | None = None
    function: Name | None = None
    """A computed relationship: the function that takes a row of the source."""
    owns_key: bool = True
    """For a one-to-one relationship: whether the foreign key is the source's."""
    source_is_view: bool = False
    target_is_view: bool = False

    @property
    def to_one(self) -> bool:
        return self.cardinality in (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


class Parameter(msgspec.Struct, frozen=True):
    """A function's parameter; `name` is empty for an unnamed one."""

    name: str
    type: str
    required: bool
    variadic: bool = False


class Volatility(StrEnum):
    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"


class Function(msgspec.Struct, frozen=True):
    """`returns` is the type's name where it is scalar; `returns_table` the relation whose rows it returns, if any."""

    name: Name
    parameters: tuple[Parameter, ...]
    volatility: Volatility
    returns: Name
    returns_set: bool
    returns_composite: bool
    returns_table: Name | None = None
    returns_void: bool = False
    columns: dict[str, Column] = {}
    """The columns of a composite result without a relation (OUT parameters, RETURNS TABLE, a composite type)."""
    settings: dict[str, str] = {}
    """Settings of ALTER FUNCTION … SET that only work when set before the statement that calls it."""
    description: str | None = None


class SchemaCache(msgspec.Struct, frozen=True):
    tables: dict[Name, Table]
    relationships: dict[Name, tuple[Relationship, ...]]
    """By source."""
    functions: dict[Name, tuple[Function, ...]]
    """The overloads of each name."""
    time_zones: frozenset[str]
    descriptions: dict[str, str] = {}
    """The comments of exposed schemas."""
