"""Rows that the catalog's statements return; an oid identifies each relation, type and function."""

from typing import Literal

import msgspec

from shared.platform.rest.schema import Name, Volatility


class TableRow(msgspec.Struct, frozen=True):
    oid: int
    schema: str
    name: str
    description: str | None
    is_view: bool
    insertable: bool
    updatable: bool
    deletable: bool

    @property
    def named(self) -> Name:
        return Name(self.schema, self.name)


class ColumnRow(msgspec.Struct, frozen=True):
    """A column of a table or of a row type, which has only the first fields. `base` is the type below a domain."""

    table: int
    number: int
    name: str
    type: str
    base: int
    base_type: str
    nullable: bool = True
    description: str | None = None
    default: str | None = None
    max_length: int | None = None
    always_generated: bool = False


class TypeRow(msgspec.Struct, frozen=True):
    """A domain, which stands on another type (`of`), or an enum."""

    oid: int
    name: str
    of: int | None
    labels: tuple[str, ...]


class KeyRow(msgspec.Struct, frozen=True):
    """A primary, unique or foreign key, with its columns by number and by name."""

    kind: Literal["p", "u", "f"]
    name: str
    table: int
    table_name: Name
    numbers: tuple[int, ...]
    columns: tuple[str, ...]
    target: int | None
    target_name: Name | None
    target_numbers: tuple[int, ...]
    target_columns: tuple[str, ...]


class ViewRow(msgspec.Struct, frozen=True):
    oid: int
    definition: str


class ArgumentRow(msgspec.Struct, frozen=True):
    """A function's parameter. `mode` is Postgres's: in, out, both, variadic or a column of the table it returns."""

    function: int
    name: str
    type: str
    base: int
    base_type: str
    mode: Literal["i", "o", "b", "v", "t"]
    row_of: Name | None


class FunctionRow(msgspec.Struct, frozen=True):
    """A function. `optional` counts the last parameters with a default; `returns_one` means never more than one row."""

    oid: int
    schema: str
    name: str
    description: str | None
    optional: int
    volatility: Volatility
    returns: Name
    returns_type: str
    base: int
    base_type: str
    returns_set: bool
    returns_one: bool
    row_type: int | None
    is_relation: bool
    settings: dict[str, str]

    @property
    def named(self) -> Name:
        return Name(self.schema, self.name)


class Surroundings(msgspec.Struct, frozen=True):
    descriptions: dict[str, str]
    time_zones: frozenset[str]


class Found(msgspec.Struct, frozen=True):
    """The whole catalog, in the order of the statements that read it."""

    tables: list[TableRow]
    columns: list[ColumnRow]
    types: list[TypeRow]
    keys: list[KeyRow]
    views: list[ViewRow]
    functions: list[FunctionRow]
    arguments: list[ArgumentRow]
    fields: list[ColumnRow]
    surroundings: Surroundings
