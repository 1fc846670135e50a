"""Loading of the schema cache in one round trip."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from shared.platform.rest.schema import Column, Name, SchemaCache, Table
from shared.runtime.postgres.statement import Rows, Statement

from . import queries
from .functions import Functions
from .relationships import Shown, primary_key, relationships
from .rows import Found
from .types import Types
from .views import ColumnKey, trace

Exchange = Callable[[Sequence[Statement]], Awaitable[list[Rows]]]
"""Sends statements in one round trip, as one transaction."""


async def load(exchange: Exchange, schemas: Sequence[str], extra_search_path: Sequence[str] = ()) -> SchemaCache:
    """Load what `schemas` expose; add views and functions of the extra search path that something exposed uses."""
    exposed = list(schemas)
    searched = [*exposed, *(schema for schema in extra_search_path if schema not in exposed)]
    _, *answers = await exchange(
        [
            queries.PREPARE,
            queries.list_tables(exposed),
            queries.list_columns(exposed),
            queries.list_types(),
            queries.list_keys(),
            queries.list_views(searched),
            queries.list_functions(exposed, searched),
            queries.list_arguments(exposed, searched),
            queries.list_fields(exposed),
            queries.find_surroundings(exposed),
        ]
    )
    return _cache(_decoded(answers), frozenset(exposed))


def _decoded(answers: list[Rows]) -> Found:
    fields = msgspec.structs.fields(Found)
    decoded = (
        msgspec.json.decode(rows.values[0][0], type=field.type) for field, rows in zip(fields, answers, strict=True)
    )
    return Found(*decoded)


def _cache(found: Found, exposed: frozenset[str]) -> SchemaCache:
    types = Types(found.types)
    functions = Functions(found, types)
    shown = _shown(found, trace(found.views))
    tables = _tables(found, shown, types, functions)
    return SchemaCache(
        tables=tables,
        relationships=relationships(tables, found.keys, shown, functions.relationships()),
        functions=functions.callable(exposed, tables),
        time_zones=found.surroundings.time_zones,
        descriptions=found.surroundings.descriptions,
    )


def _shown(found: Found, traced: Mapping[ColumnKey, ColumnKey]) -> Shown:
    """Collect for each exposed view the table columns that it shows, with the view's names for them."""
    views = {row.oid: row.named for row in found.tables if row.is_view}
    shown: dict[Name, dict[ColumnKey, tuple[str, ...]]] = {name: defaultdict(tuple) for name in views.values()}
    for column in found.columns:
        if column.table in views and (origin := traced.get((column.table, column.number))) is not None:
            shown[views[column.table]][origin] += (column.name,)
    return shown


def _tables(found: Found, shown: Shown, types: Types, functions: Functions) -> dict[Name, Table]:
    columns: dict[int, dict[str, Column]] = defaultdict(dict)
    for row in found.columns:
        columns[row.table][row.name] = types.column(row)
    computed: dict[Name, dict[str, Column]] = defaultdict(dict)
    for relation, field in functions.fields():
        computed[relation][field.name] = field
    primary = {key.table: key.columns for key in found.keys if key.kind == "p"}
    return {
        table.named: Table(
            name=table.named,
            columns=columns[table.oid],
            primary_key=primary_key(table.named, found.keys, shown) if table.is_view else primary.get(table.oid, ()),
            description=table.description,
            is_view=table.is_view,
            insertable=table.insertable,
            updatable=table.updatable,
            deletable=table.deletable,
            computed=computed.get(table.named, {}),
        )
        for table in found.tables
    }
