"""Columns with their types: the type below a domain, and an enum's labels."""

from collections.abc import Iterable

from shared.platform.rest.schema import Column

from .rows import ArgumentRow, ColumnRow, FunctionRow, TypeRow


class Types:
    def __init__(self, rows: Iterable[TypeRow]) -> None:
        self._rows = {row.oid: row for row in rows}

    def column(self, row: ColumnRow) -> Column:
        base, base_type = self._bottom(row.base, row.base_type)
        enum = self._rows.get(base)
        return Column(
            name=row.name,
            type=row.type,
            base_type=base_type,
            nullable=row.nullable,
            description=row.description,
            default=row.default,
            max_length=row.max_length,
            values=enum.labels if enum is not None else (),
            always_generated=row.always_generated,
        )

    def output(self, row: ArgumentRow) -> Column:
        """Return a function's OUT parameter, or a column of the table it returns."""
        return Column(row.name, row.type, self._bottom(row.base, row.base_type)[1], nullable=True)

    def computed(self, row: FunctionRow) -> Column:
        """Return the field that a function over a row computes."""
        base_type = self._bottom(row.base, row.base_type)[1]
        return Column(row.name, row.returns_type, base_type, nullable=True, description=row.description)

    def _bottom(self, base: int, name: str) -> tuple[int, str]:
        while (found := self._rows.get(base)) is not None and found.of is not None:
            base = found.of
            name = self._rows[base].name if base in self._rows else name
        return base, name
