"""Functions that requests can call, and the fields and relationships that functions over a row compute."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from shared.platform.rest.schema import Cardinality, Column, Function, Name, Parameter, Relationship, Table

from .rows import ArgumentRow, ColumnRow, Found, FunctionRow
from .types import Types

_WHOLE_BODIES = frozenset({"bytea", "json", "jsonb", "text", "xml"})
"""Types that a function's one unnamed parameter may have."""


class Functions:
    def __init__(self, found: Found, types: Types) -> None:
        self._rows = found.functions
        self._types = types
        self._arguments: dict[int, list[ArgumentRow]] = defaultdict(list)
        for argument in found.arguments:
            self._arguments[argument.function].append(argument)
        self._fields: dict[int, list[ColumnRow]] = defaultdict(list)
        for field in found.fields:
            self._fields[field.table].append(field)

    def callable(self, exposed: frozenset[str], tables: Mapping[Name, Table]) -> dict[Name, tuple[Function, ...]]:
        """Return the overloads of each name, those with the fewest parameters first."""
        found: dict[Name, list[Function]] = defaultdict(list)
        for row in self._rows:
            if row.schema in exposed and self._is_callable(row):
                found[row.named].append(self._function(row, tables))
        return {name: tuple(sorted(overloads, key=_signature)) for name, overloads in found.items()}

    def fields(self) -> Iterator[tuple[Name, Column]]:
        """Yield each relation with a field that a function computes from one of its rows."""
        for row, relation in self._over_rows():
            if not row.returns_set and not row.is_relation:
                yield relation, self._types.computed(row)

    def relationships(self) -> Iterator[Relationship]:
        """Yield relationships from the relation whose row a function takes to the relation whose rows it returns."""
        for row, relation in self._over_rows():
            if row.is_relation:
                cardinality = Cardinality.MANY_TO_ONE if row.returns_one else Cardinality.ONE_TO_MANY
                yield Relationship(relation, row.returns, cardinality, function=row.named, owns_key=False)

    def _over_rows(self) -> Iterator[tuple[FunctionRow, Name]]:
        for row in self._rows:
            match self._inputs(row):
                case [ArgumentRow(row_of=Name() as relation)]:
                    yield row, relation

    def _inputs(self, row: FunctionRow) -> list[ArgumentRow]:
        return [argument for argument in self._arguments[row.oid] if argument.mode in "ibv"]

    def _is_callable(self, row: FunctionRow) -> bool:
        unnamed = [argument for argument in self._inputs(row) if not argument.name]
        return not unnamed or (len(unnamed) == 1 and unnamed[0].type in _WHOLE_BODIES)

    def _function(self, row: FunctionRow, tables: Mapping[Name, Table]) -> Function:
        inputs = self._inputs(row)
        required = len(inputs) - row.optional
        columns = {column.name: column for column in self._result(row)}
        return Function(
            name=row.named,
            parameters=tuple(
                Parameter(argument.name, argument.type, required=index < required, variadic=argument.mode == "v")
                for index, argument in enumerate(inputs)
            ),
            volatility=row.volatility,
            returns=row.returns,
            returns_set=row.returns_set,
            returns_composite=row.row_type is not None or bool(columns),
            returns_table=row.returns if row.is_relation and row.returns in tables else None,
            returns_void=row.returns == Name("pg_catalog", "void"),
            columns=columns,
            settings=row.settings,
            description=row.description,
        )

    def _result(self, row: FunctionRow) -> Iterator[Column]:
        for argument in self._arguments[row.oid]:
            if argument.mode in "obt":
                yield self._types.output(argument)
        if row.row_type is not None:
            for field in self._fields[row.row_type]:
                yield self._types.column(field)


def _signature(function: Function) -> tuple[object, ...]:
    return len(function.parameters), [(parameter.name, parameter.type) for parameter in function.parameters]
