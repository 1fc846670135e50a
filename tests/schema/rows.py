"""Valid rows for any table of schema public, made from what the catalogue says of it."""

import itertools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from psycopg import sql

from tests.schema.tables import Column, Database, Table

Row = dict[str, Any]

_OVERRIDES: dict[tuple[str, str], Callable[[int], Any]] = {
    ("agent_api_keys", "prefix"): lambda _: f"nxs_ak_{uuid.uuid4().hex[:8]}",
    ("agent_api_keys", "scopes"): lambda _: ["read"],
    ("channel_accounts", "external_id"): lambda n: f"matrix-{n}",
    ("channel_events", "name"): lambda _: "matrix.row",
    ("message_templates", "status"): lambda _: "APPROVED",
    ("webhook_inbox", "source"): lambda _: "matrix",
    ("webhook_inbox", "body_hash"): lambda _: uuid.uuid4().bytes,
    ("set_aside", "queue"): lambda _: "files",
    ("outbox", "topic"): lambda _: "matrix.row",
    ("usage_counters", "period"): lambda n: f"{1000 + n % 9000}-01",
    ("stock_movements", "movement_type"): lambda _: "inbound",
}
"""What a CHECK asks beyond a list of values; say it here where a new table's row is refused."""

_BEYOND_COLUMNS: dict[str, Row] = {"customers": {"first_name": "matrix"}}
"""What a valid row needs although no single column is required."""

_BY_TYPE: dict[str, Callable[[int], Any]] = {
    "uuid": lambda _: uuid.uuid4(),
    "text": lambda n: f"matrix {n}",
    "jsonb": lambda _: "{}",
    "bytea": lambda _: b"",
    "boolean": lambda _: False,
    "timestamp with time zone": lambda _: "2026-01-01T00:00:00Z",
    "text[]": lambda _: [],
}


class Rows:
    """Makes rows as the schema's owner. Every row gets parents of its own, so nothing else points at it."""

    def __init__(self, database: Database, tables: Mapping[str, Table]) -> None:
        self._database = database
        self._tables = tables
        self._numbers = itertools.count(100)
        self._made: list[tuple[sql.Identifier, Row]] = []

    def insert(self, name: str, organization_id: uuid.UUID) -> Row:
        """Return a new row of that organization; its key."""
        return self.insert_values(name, self.values(name, organization_id))

    def insert_values(self, name: str, values: Row) -> Row:
        table = self._tables[name]
        statement = insertion(name, values) + sql.SQL(" RETURNING {}").format(
            sql.SQL(", ").join(map(sql.Identifier, table.key))
        )
        found = self._database.execute(statement, values).fetchone()
        assert found, f"no row of {name} could be made"
        key = dict(zip(table.key, found, strict=True))
        self._made.append((sql.Identifier("public", name), key))
        return key

    def remove(self) -> None:
        """Delete what was made, so that no other test or job meets it; guards that forbid deleting are passed by."""
        with self._database.transaction():
            self._database.execute("SET LOCAL session_replication_role = replica")
            for table, key in self._made:
                named = (sql.SQL("{0} = {1}").format(sql.Identifier(each), sql.Placeholder(each)) for each in key)
                self._database.execute(
                    sql.SQL("DELETE FROM {} WHERE {}").format(table, sql.SQL(" AND ").join(named)), key
                )

    def values(self, name: str, organization_id: uuid.UUID) -> Row:
        """Return what an INSERT of a valid row has to name; the parents it points to exist."""
        table, number = self._tables[name], next(self._numbers)
        if name == "organizations":
            return {"id": uuid.uuid4(), "name": f"Matrix {number}", "plan_code": "growth"}
        values: Row = {"organization_id": organization_id} if table.has_organization else {}
        values |= _BEYOND_COLUMNS.get(name, {})
        for column in table.columns:
            if column.required and column.name not in values:
                values[column.name] = self._parent(table, column, organization_id) or _value(table, column, number)
        return values

    def user(self) -> uuid.UUID:
        found = self._database.execute("INSERT INTO auth.users DEFAULT VALUES RETURNING id").fetchone()
        assert found
        made: uuid.UUID = found[0]
        self._made.append((sql.Identifier("auth", "users"), {"id": made}))
        return made

    def _parent(self, table: Table, column: Column, organization_id: uuid.UUID) -> Any:
        for key in table.foreign_keys:
            if column.name not in key.columns:
                continue
            target = key.target_columns[key.columns.index(column.name)]
            return self.user() if key.target == "auth.users" else self.insert(key.target, organization_id)[target]
        return None


def insertion(table: str, values: Row) -> sql.Composed:
    return sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )


def _value(table: Table, column: Column, number: int) -> Any:
    chosen = _OVERRIDES.get((table.name, column.name))
    if chosen:
        return chosen(number)
    if column.labels:
        return column.labels[0]
    made = _BY_TYPE.get(column.type)
    return made(number) if made else number
