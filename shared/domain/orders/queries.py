"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import (
    CreatedOrder,
    MovedOrder,
    NewOrder,
    OrderDetail,
    OrderFilter,
    OrderPayment,
    OrderStatus,
    OrderSummary,
    PricedLine,
)

LAST = "\U0010ffff"
"""A character that sorts after every continuation of a number's beginning."""
ORDER_DETAIL = Query(
    """
    SELECT orders.id, orders.order_number, orders.order_status::text,
        to_jsonb(app.next_order_statuses(orders.order_status)) AS next_statuses,
        (
            SELECT jsonb_build_object(
                'id', customers.id,
                'name', coalesce(
                    nullif(concat_ws(' ', customers.first_name, customers.last_name), ''), customers.company
                ),
                'phone_number', customers.phone_number, 'email', customers.email
            )
            FROM customers
            WHERE customers.organization_id = orders.organization_id AND customers.id = orders.customer_id
        ) AS customer,
        round(orders.total_amount, currency.decimals) AS total_amount,
        round(orders.refund_amount, currency.decimals) AS refund_amount, orders.currency,
        orders.payment_mode, orders.payment_status, orders.shipping_address, orders.awb_number, orders.source,
        orders.notes, orders.created_at, orders.updated_at,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'item_id', line.item_id, 'sku', line.sku, 'name', line.name, 'qty', line.qty,
                'unit_price', round(line.unit_price, currency.decimals)::text,
                'line_total', round(line.qty * line.unit_price, currency.decimals)::text
            ) ORDER BY line.created_at, line.id), '[]')
            FROM (
                SELECT id, item_id, sku, left(name, 200) AS name, qty, unit_price, created_at
                FROM order_items
                WHERE order_items.order_id = orders.id
                ORDER BY order_items.created_at, order_items.id
                LIMIT {max_lines}
            ) AS line
        ) AS lines,
        (SELECT count(*) FROM order_items WHERE order_items.order_id = orders.id) AS line_count,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'at', event.created_at, 'action', event.action, 'actor', event.actor_type,
                'order_status', event.changes -> 'order_status' ->> 'to',
                'changed', CASE event.action
                    WHEN 'orders.update' THEN (SELECT jsonb_agg(name) FROM jsonb_object_keys(event.changes) AS name)
                    ELSE '[]'
                END
            ) ORDER BY event.created_at, event.action DESC), '[]')
            FROM (
                SELECT created_at, action, actor_type, changes
                FROM audit_events
                WHERE audit_events.organization_id = orders.organization_id
                    AND audit_events.entity_type = 'orders' AND audit_events.entity_id = orders.id
                ORDER BY audit_events.created_at DESC
                LIMIT {max_events}
            ) AS event
        ) AS timeline
    FROM orders
    CROSS JOIN LATERAL (SELECT app.currency_decimals(orders.currency) AS decimals) AS currency
    WHERE {order_id} AND {number}
    ORDER BY orders.order_number = %(number)s DESC
    LIMIT 1
    """,
    where={
        "order_id": "orders.id = %(order_id)s",
        "number": "orders.order_number_key = ANY(app.order_number_keys(%(number)s))",
    },
    limits=["max_lines", "max_events"],
)
"""One statement, for one round trip. Amounts in JSON are text, because a JSON number would become a float."""


_LIST_ORDERS = Query(
    """
    SELECT orders.id, orders.created_at, orders.order_number, orders.order_status::text, orders.customer_id,
        (
            SELECT coalesce(
                nullif(concat_ws(' ', customers.first_name, customers.last_name), ''), customers.company
            )
            FROM customers WHERE customers.id = orders.customer_id
        ) AS customer_name,
        round(orders.total_amount, app.currency_decimals(orders.currency)) AS total_amount, orders.currency,
        orders.payment_status, orders.awb_number
    FROM orders
    WHERE {order_status} AND {customer_id} AND {number} AND {created_from} AND {created_below}
        AND {local_from} AND {local_below} AND {after_time}
    ORDER BY orders.created_at DESC, orders.id DESC
    LIMIT {limit}
    """,
    where={
        "order_status": "orders.order_status = %(order_status)s",
        "customer_id": "orders.customer_id = %(customer_id)s",
        "number": """
            orders.order_number_key >= app.order_number_key(%(number)s)
            AND orders.order_number_key < app.order_number_key(%(number)s) || %(last)s
        """,
        "created_from": "orders.created_at >= %(created_from)s",
        "created_below": "orders.created_at < %(created_below)s",
        "local_from": """
            orders.created_at >= %(local_from)s::timestamp AT TIME ZONE (
                SELECT organizations.timezone FROM organizations WHERE organizations.id = app.organization_id()
            )
        """,
        "local_below": """
            orders.created_at < %(local_below)s::timestamp AT TIME ZONE (
                SELECT organizations.timezone FROM organizations WHERE organizations.id = app.organization_id()
            )
        """,
        "after_time": "(orders.created_at, orders.id) < (%(after_time)s, %(after_id)s::uuid)",
    },
    limits=["limit"],
)


async def list_orders(
    tx: Tx,
    *,
    filters: OrderFilter,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[OrderSummary]:
    after_time, after_id = after or (None, None)
    return await tx.all(
        OrderSummary,
        _LIST_ORDERS,
        order_status=filters.order_status,
        customer_id=filters.customer_id,
        number=filters.order_number,
        last=LAST,
        created_from=_aware(filters.created_from),
        created_below=_aware(filters.created_below),
        local_from=_local(filters.created_from),
        local_below=_local(filters.created_below),
        after_time=after_time,
        after_id=after_id,
        limit=limit,
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment and moment.tzinfo else None


def _local(moment: datetime | None) -> datetime | None:
    return moment if moment and not moment.tzinfo else None


async def find_order(
    tx: Tx, *, order_id: UUID | None, number: str | None, max_lines: int, max_events: int
) -> OrderDetail | None:
    return await tx.find(
        OrderDetail,
        ORDER_DETAIL,
        order_id=order_id,
        number=number,
        max_lines=max_lines,
        max_events=max_events,
    )


async def insert_order(tx: Tx, *, order: NewOrder, lines: Sequence[PricedLine]) -> CreatedOrder | None:
    """Insert the order and its lines; insert nothing and return None if the caller's organization has no such customer.

    The database copies a line's SKU, name and barcode from its item.
    """
    sql = """
        WITH made AS (
            INSERT INTO orders (customer_id, currency, total_amount, shipping_address, notes, payment_mode)
            SELECT customers.id, %(currency)s, %(total_amount)s,
                coalesce(%(address)s::jsonb, customers.address), %(notes)s, %(payment_mode)s
            FROM customers
            WHERE customers.id = %(customer_id)s
            RETURNING id, order_number, order_status, total_amount, currency, created_at
        ), made_lines AS (
            INSERT INTO order_items (order_id, item_id, qty, unit_price)
            SELECT made.id, line.item_id, line.qty, line.unit_price
            FROM made
            CROSS JOIN ROWS FROM (
                jsonb_to_recordset(%(lines)s::jsonb) AS (item_id uuid, qty integer, unit_price numeric)
            ) WITH ORDINALITY AS line (item_id, qty, unit_price, position)
            ORDER BY line.position
        )
        SELECT id, order_number, order_status::text,
            round(total_amount, app.currency_decimals(currency)) AS total_amount, currency, created_at
        FROM made
    """
    address = order.shipping_address
    return await tx.find(
        CreatedOrder,
        sql,
        customer_id=order.customer_id,
        currency=order.currency,
        total_amount=order.total_amount,
        address=None if address is None else json_text(address),
        notes=order.notes,
        payment_mode=order.payment_mode,
        lines=json_text(lines),
    )


_UPDATE_ORDER_STATUS = Query(
    """
    WITH found AS (
        SELECT id, order_number, order_status
        FROM orders
        WHERE {order_id} AND {number}
        ORDER BY order_number = %(number)s DESC
        LIMIT 1
        FOR NO KEY UPDATE
    ), moved AS (
        UPDATE orders
        SET order_status = %(order_status)s::order_status
        FROM found
        WHERE orders.id = found.id AND found.order_status <> %(order_status)s::order_status
            AND {expected_status}
        RETURNING orders.id, orders.order_status
    )
    SELECT found.id, found.order_number, found.order_status::text AS previous_status,
        coalesce(moved.order_status, found.order_status)::text AS order_status,
        to_jsonb(app.next_order_statuses(coalesce(moved.order_status, found.order_status))) AS next_statuses
    FROM found
    LEFT JOIN moved ON moved.id = found.id
    """,
    where={
        "order_id": "id = %(order_id)s",
        "number": "order_number_key = ANY(app.order_number_keys(%(number)s))",
        "expected_status": "found.order_status = %(expected_status)s",
    },
)


async def update_order_status(
    tx: Tx,
    *,
    order_id: UUID | None,
    number: str | None,
    order_status: OrderStatus,
    expected_status: OrderStatus | None,
) -> MovedOrder | None:
    """Change the status of the order, unless it is in another status than the expected one."""
    return await tx.find(
        MovedOrder,
        _UPDATE_ORDER_STATUS,
        order_id=order_id,
        number=number,
        order_status=order_status,
        expected_status=expected_status,
    )


async def correct_payment(
    tx: Tx, *, order_id: UUID, payment_status: str | None, refund_amount: Decimal | None
) -> OrderPayment:
    sql = """
        SELECT id, order_number, order_status::text, payment_status,
            round(refund_amount, app.currency_decimals(currency)) AS refund_amount,
            round(total_amount, app.currency_decimals(currency)) AS total_amount, currency
        FROM app.correct_payment(%(order_id)s, %(payment_status)s, %(refund_amount)s)
    """
    return await tx.one(
        OrderPayment, sql, order_id=order_id, payment_status=payment_status, refund_amount=refund_amount
    )
