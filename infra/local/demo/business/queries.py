"""All SQL of the demo business, run by the owner of the tables."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from infra.queries import Database

from .records import Step

SEED_LOCK = 0x6E_78_73_64
"""The advisory lock of seeding."""


class Counts(msgspec.Struct, frozen=True):
    """The row counts of an organization."""

    organization: str
    plan: str
    people: int
    agents: int
    contacts: int
    items: int
    warehouses: int
    orders: int
    conversations: int
    messages: int


def lock_seed(database: Database) -> None:
    database.execute("SELECT pg_advisory_xact_lock(%s)", [SEED_LOCK])


def count_rows(database: Database, *, organization_ids: Sequence[UUID]) -> list[Counts]:
    """Count the rows of those organizations that exist, in the given order."""
    sql_text = """
        SELECT organizations.name AS organization, organizations.plan_code AS plan,
            (SELECT count(*) FROM organization_members WHERE organization_id = organizations.id) AS people,
            (SELECT count(*) FROM agent_accounts WHERE organization_id = organizations.id) AS agents,
            (SELECT count(*) FROM customers WHERE organization_id = organizations.id) AS contacts,
            (SELECT count(*) FROM items WHERE organization_id = organizations.id) AS items,
            (SELECT count(*) FROM warehouses WHERE organization_id = organizations.id) AS warehouses,
            (SELECT count(*) FROM orders WHERE organization_id = organizations.id) AS orders,
            (SELECT count(*) FROM chats WHERE organization_id = organizations.id) AS conversations,
            (SELECT count(*) FROM messages WHERE organization_id = organizations.id) AS messages
        FROM organizations
        WHERE organizations.id = ANY(%(ids)s)
        ORDER BY array_position(%(ids)s, organizations.id)
    """
    with database.cursor(row_factory=class_row(Counts)) as cursor:
        return cursor.execute(sql_text, {"ids": list(organization_ids)}).fetchall()


def act_as(database: Database, *, user_id: UUID) -> None:
    """Name this person in the audit trail until the transaction ends."""
    claims = msgspec.json.encode({"sub": str(user_id), "role": "authenticated"}).decode()
    database.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])


def insert_rows(database: Database, table: str, rows: Sequence[msgspec.Struct]) -> None:
    """Insert rows whose fields name the columns; a column without a field takes its default."""
    if not rows:
        return
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
    ).format(
        table=sql.Identifier(*table.split(".")),
        columns=sql.SQL(", ").join(map(sql.Identifier, rows[0].__struct_fields__)),
    )
    database.execute(statement, [_json(rows)])


def list_journey_stages(database: Database, *, organization_id: UUID) -> dict[str, UUID]:
    rows = database.execute(
        "SELECT name, id FROM customer_journey_stages WHERE organization_id = %s ORDER BY name", [organization_id]
    )
    return dict(rows.fetchall())


def list_lead_sources(database: Database, *, organization_id: UUID) -> dict[str, UUID]:
    rows = database.execute(
        "SELECT name, id FROM lead_sources WHERE organization_id = %s ORDER BY name", [organization_id]
    )
    return dict(rows.fetchall())


def update_orders_moved(database: Database, steps: Sequence[Step]) -> None:
    """Take one step of many orders; the triggers check it and move the stock."""
    sql_text = """
        UPDATE orders
        SET order_status = step.order_status,
            awb_number = coalesce(step.awb_number, orders.awb_number),
            payment_status = coalesce(step.payment_status, orders.payment_status),
            refund_amount = coalesce(step.refund_amount, orders.refund_amount)
        FROM jsonb_to_recordset(%s::jsonb)
            AS step (
                order_id uuid, order_status order_status, awb_number text, payment_status text, refund_amount numeric
            )
        WHERE orders.id = step.order_id
    """
    database.execute(sql_text, [_json(steps)])


def spread_history(
    database: Database, *, organization_id: UUID, steps: Sequence[Step], archived: Sequence[UUID]
) -> None:
    """Set the dates of rows that triggers have just written to when they would have happened.

    Only the owner of the tables can: movements and the audit trail are append-only for all others.
    """
    values = {"organization": organization_id, "steps": _json(steps), "archived": list(archived)}
    # Deferred triggers run now, before triggers are switched off.
    database.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in ("orders", "chats", "stock_movements", "audit_events"):
        _set_triggers(database, table, enabled=False)
    for statement in _SPREAD:
        database.execute(statement, values)
    for table in ("orders", "chats", "stock_movements", "audit_events"):
        _set_triggers(database, table, enabled=True)


def _set_triggers(database: Database, table: str, *, enabled: bool) -> None:
    statement = "ALTER TABLE {} ENABLE TRIGGER USER" if enabled else "ALTER TABLE {} DISABLE TRIGGER USER"
    database.execute(sql.SQL(statement).format(sql.Identifier(table)))


def _json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()


_SPREAD = (
    """
    CREATE TEMPORARY TABLE demo_steps ON COMMIT DROP AS
    SELECT *
    FROM jsonb_to_recordset(%(steps)s::jsonb)
        AS step (order_id uuid, order_status text, at timestamptz, actor_type text, actor_id uuid)
    """,
    """
    UPDATE orders
    SET updated_at = coalesce((SELECT max(step.at) FROM demo_steps AS step WHERE step.order_id = orders.id), created_at)
    WHERE organization_id = %(organization)s
    """,
    """
    UPDATE chats SET updated_at = last_message_time, is_archived = id = ANY(%(archived)s)
    WHERE organization_id = %(organization)s
    """,
    """
    UPDATE stock_movements AS movement
    SET created_at = step.at, created_by = step.actor_id
    FROM demo_steps AS step
    WHERE step.order_status = 'shipped' AND movement.reference_id = step.order_id::text
        AND movement.organization_id = %(organization)s
    """,
    """
    UPDATE stock_reservations AS held
    SET created_at = step.at
    FROM demo_steps AS step
    WHERE step.order_status = 'confirmed' AND held.reference_id = step.order_id
        AND held.organization_id = %(organization)s
    """,
    """
    UPDATE stock_balances AS balance
    SET last_updated = moved.at
    FROM (
        SELECT inventory_item_id, warehouse_id, max(created_at) AS at
        FROM stock_movements
        WHERE organization_id = %(organization)s
        GROUP BY inventory_item_id, warehouse_id
    ) AS moved
    WHERE balance.organization_id = %(organization)s
        AND balance.item_id = moved.inventory_item_id AND balance.warehouse_id = moved.warehouse_id
    """,
    """
    UPDATE audit_events AS event
    SET created_at = step.at, actor_type = step.actor_type, actor_id = step.actor_id
    FROM demo_steps AS step
    WHERE event.organization_id = %(organization)s AND event.entity_type = 'orders'
        AND event.entity_id = step.order_id AND event.changes -> 'order_status' ->> 'to' = step.order_status
    """,
    """
    UPDATE audit_events AS event
    SET created_at = made.at
    FROM (
        SELECT 'organizations' AS entity, id, created_at AS at FROM organizations
        UNION ALL SELECT 'agent_accounts', id, created_at FROM agent_accounts
        UNION ALL SELECT 'agent_api_keys', id, created_at FROM agent_api_keys
        UNION ALL SELECT 'labels', id, created_at FROM labels
        UNION ALL SELECT 'customers', id, created_at FROM customers
        UNION ALL SELECT 'customer_identities', id, created_at FROM customer_identities
        UNION ALL SELECT 'items', id, created_at FROM items
        UNION ALL SELECT 'warehouses', id, created_at FROM warehouses
        UNION ALL SELECT 'stock_movements', id, created_at FROM stock_movements
        UNION ALL SELECT 'orders', id, created_at FROM orders
        UNION ALL SELECT 'chats', id, created_at FROM chats
        UNION ALL SELECT 'messages', id, created_at FROM messages
    ) AS made
    WHERE event.organization_id = %(organization)s AND event.entity_type = made.entity AND event.entity_id = made.id
        AND event.action LIKE '%%.insert'
    """,
    """
    UPDATE audit_events AS event
    SET created_at = organizations.created_at
    FROM organizations
    WHERE event.organization_id = %(organization)s AND organizations.id = event.organization_id
        AND event.created_at = now()
    """,
    "DROP TABLE demo_steps",
)
