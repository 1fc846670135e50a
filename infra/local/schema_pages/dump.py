"""The schema as SQL: tables, columns, constraints, indexes, policies, triggers and grants, in a stable order."""

from collections.abc import Iterable, Iterator

from infra.local.schema_pages import queries
from infra.local.schema_pages.queries import Line, Table
from infra.queries import Database

HEAD = """\
-- The schema as it is after every migration, made by `make docs` to be read: nothing applies this file.
-- Tables by name; docs/schema.md shows them by room. Routines are in infra/schema.
"""


def dump(database: Database) -> str:
    queries.fix_names(database)
    columns = _by_table(queries.list_columns(database))
    constraints = _by_table(queries.list_constraints(database))
    statements = [
        _by_table(found(database))
        for found in (queries.list_indexes, queries.list_policies, queries.list_triggers, queries.list_grants)
    ]
    parts = [HEAD, "\n".join(queries.list_types(database)) + "\n"]
    for table in queries.list_tables(database):
        body = [] if table.is_view else [*columns[table.oid], *constraints.get(table.oid, [])]
        after = [f"{line.text};" for found in statements for line in found.get(table.oid, [])]
        parts.append("\n".join([*_head(table), *_body(body), *_security(table), *after]) + "\n")
    return "\n".join(parts)


def _by_table(lines: Iterable[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(line.oid, []).append(line)
    return found


def _head(table: Table) -> Iterator[str]:
    if table.comment:
        yield f"-- {table.comment}"
    yield table.opening


def _body(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        comma = "," if line is not lines[-1] else ""
        yield f"  {line.text}{comma}  -- {line.comment}" if line.comment else f"  {line.text}{comma}"
    if lines:
        yield ");"


def _security(table: Table) -> Iterator[str]:
    if table.security:
        yield f"{table.security};"
