"""Statements as the tools send them, and the plans that Postgres makes of them for one tenant of a crowded database."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from msgspec.structs import replace
from psycopg import RawCursor, sql

from shared.kernel.errors import Refusal
from shared.runtime.postgres.statement import Query, Statement
from shared.runtime.postgres.transaction import as_json
from tests.schema.tables import Database

CROWDED = frozenset(
    {"customers", "customer_identities", "orders", "order_items", "items", "stock_balances", "chats", "messages"}
    | {"audit_events", "agent_api_keys", "stock_movements"}
)
"""Tables with many rows of many organizations: a scan of all of them is a fault."""
ROWS = 1000

# Each organization's rows; triggers sleep meanwhile, since what they keep is not what is measured.
FILL = """
    INSERT INTO customers (organization_id, first_name, last_name, phone_number, created_at)
    SELECT %(org)s, 'Name' || n, 'Family', '+2010' || lpad(n::text, 8, '0'), now() - n * interval '1 minute'
    FROM generate_series(1, %(rows)s) AS n;
    INSERT INTO customer_identities (organization_id, customer_id, kind, value)
    SELECT organization_id, id, 'phone', phone_number FROM customers
    WHERE organization_id = %(org)s AND last_name = 'Family';
    INSERT INTO items (organization_id, name, sku, sku_key, category, created_at)
    SELECT %(org)s, 'Item ' || n, 'SKU-' || n, 'sku-' || n, 'kind ' || n %% 20, now() - n * interval '1 minute'
    FROM generate_series(1, %(rows)s) AS n;
    INSERT INTO warehouses (organization_id, name) VALUES (%(org)s, 'Plans');
    INSERT INTO stock_balances (organization_id, item_id, warehouse_id, quantity)
    SELECT items.organization_id, items.id, warehouses.id, 5
    FROM items JOIN warehouses ON warehouses.organization_id = items.organization_id AND warehouses.name = 'Plans'
    WHERE items.organization_id = %(org)s;
    INSERT INTO orders (organization_id, order_number, order_number_key, customer_id, currency, created_at)
    SELECT organization_id, 'ORD-1999-' || number, 'ord-1999-' || number, id, 'EGP', created_at
    FROM (SELECT row_number() OVER () AS number, * FROM customers) AS customers
    WHERE organization_id = %(org)s AND last_name = 'Family';
    INSERT INTO order_items (organization_id, order_id, sku, qty, unit_price)
    SELECT organization_id, id, 'x', 1, 0 FROM orders WHERE organization_id = %(org)s;
    INSERT INTO chats (organization_id, platform, platform_chat_id, customer_id, last_message_time)
    SELECT organization_id, 'whatsapp', 'plan ' || id, id, created_at FROM customers
    WHERE organization_id = %(org)s AND last_name = 'Family';
    INSERT INTO messages (organization_id, chat_id, content, direction)
    SELECT organization_id, id, 'hello', 'inbound' FROM chats WHERE organization_id = %(org)s;
    INSERT INTO audit_events (organization_id, actor_type, action, entity_type, entity_id)
    SELECT organization_id, 'system', 'orders.insert', 'orders', id FROM orders WHERE organization_id = %(org)s;
"""


class Recorder:
    """Stands in for a Tx: keeps the statements and finds nothing."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    async def all(self, _: type, sql: str | Query, /, **params: Any) -> list[Any]:
        self.statements.append(Statement(sql, params))
        return []

    async def find(self, _: type, sql: str | Query, /, **params: Any) -> None:
        self.statements.append(Statement(sql, params))

    async def one(self, _: type, sql: str | Query, /, **params: Any) -> None:
        self.statements.append(Statement(sql, params))
        raise Refusal("nothing is found here")


class Scan(NamedTuple):
    """One look into one table."""

    table: str
    kind: str
    index_name: str
    conditions: str
    rows_read: float
    """Those that its filter dropped included, over all loops."""


def carry_out(database: Database, statement: Statement, *, explain: str = "") -> list[Any]:
    """Send the text that Postgres gets of the statement, and return its rows, or what EXPLAIN says of it."""
    text = statement.text()
    cursor = RawCursor(database)
    cursor.execute(explain.encode() + text.sql, [statement.params[name] for name in text.names])
    return cursor.fetchall()


def scans(database: Database, statement: Statement) -> list[Scan]:
    """How the statement reads each table, when it is carried out."""
    [explained] = carry_out(database, statement, explain="EXPLAIN (ANALYZE, TIMING off, FORMAT json) ")
    return [
        Scan(
            node["Relation Name"],
            node["Node Type"],
            _index_of(node),
            " ".join(str(node.get(part, "")) for part in ("Index Cond", "Filter", "Recheck Cond", "Join Filter")),
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"],
        )
        for node in _nodes(explained[0][0]["Plan"])
        if "Relation Name" in node
    ]


def _index_of(node: dict[str, Any]) -> str:
    return str(node.get("Index Name") or " ".join(each.get("Index Name", "") for each in _nodes(node)).strip())


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def planned_anew(database: Database, statement: Statement, *, times: int) -> int:
    """How often the statement is planned when it is prepared as it is sent, and carried out so many times."""
    text = replace(statement, sql=as_json(statement.sql)).text()
    name, values = sql.Identifier("planned"), [sql.Literal(statement.params[name]) for name in text.names]
    with database.transaction(force_rollback=True):
        database.execute(sql.SQL("PREPARE {} AS ").format(name) + sql.SQL(cast("Any", text.sql.decode())))
        given = sql.SQL("({})").format(sql.SQL(", ").join(values)) if values else sql.SQL("")
        for _ in range(times):
            database.execute(sql.SQL("EXECUTE {}").format(name) + given)
        row = database.execute("SELECT custom_plans FROM pg_prepared_statements WHERE name = 'planned'").fetchone()
        database.execute("DEALLOCATE planned")
    assert row is not None
    return int(row[0])
