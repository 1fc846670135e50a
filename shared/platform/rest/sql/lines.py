"""Rows as lines of CSV: Postgres's text of a row, without its parentheses."""

from collections.abc import Sequence

from .writer import Writer, quoted

_FORMULA = r"^[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
_NUMBER = "^[+-]?[0-9]*[.]?[0-9]+(e[+-]?[0-9]+)?$"
_LONGEST_NUMBER = 1000


def rows_of(page: str, names: Sequence[str], alias: str) -> tuple[str, list[str]]:
    """Return the page under the alias, and its columns; number the columns where two have one name."""
    if len(set(names)) == len(names):
        return f"({page}) AS {alias}", [f"{alias}.{quoted(name)}" for name in names]
    cells = [quoted(f"pgrst_cell{number}") for number in range(len(names))]
    return f"({page}) AS {alias}({', '.join(cells)})", [f"{alias}.{cell}" for cell in cells]


def line(columns: Sequence[str], *, plain: bool) -> str:
    """Write one line; a large value is written once and never put through an expression, which would widen each
    character.
    """
    cells = [_plain(column) for column in columns] if plain else columns
    return f"left(right(ROW({', '.join(cells)})::text, -1), -1)"


def table(writer: Writer, names: Sequence[str], value: str) -> str:
    """Write a line of names, if there are rows at all, then a line for each row."""
    header = writer.shared(",".join(names), "text")
    return f"CASE WHEN count(*) > 0 THEN {header} ELSE '' END || E'\\n' || coalesce(string_agg({value}, E'\\n'), '')"


def _plain(column: str) -> str:
    """Write the text with an apostrophe before a formula of a spreadsheet; numbers stay, and so do phones in E.164.

    `format` writes a value as it stands in a row, where a cast of a boolean or an address would not.
    """
    is_number = f"octet_length(cell) <= {_LONGEST_NUMBER} AND cell ~ '{_NUMBER}'"
    is_formula = f"left(cell, 1) ~ '{_FORMULA}' AND NOT ({is_number})"
    marked = f"CASE WHEN {is_formula} THEN '''' || cell ELSE cell END"
    return (
        f"CASE WHEN {column} IS DISTINCT FROM NULL THEN"
        f" (SELECT {marked} FROM (SELECT format('%%s', {column}) AS cell OFFSET 0) AS cells) END"
    )
