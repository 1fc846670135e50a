"""Every column of an order that is done: only those named here may change, so that a new one is frozen at first."""

import psycopg
import pytest

MAY_CHANGE = {"notes", "refund_amount", "payment_status", "updated_at"}
MORE = {
    "shipped": {"order_status", "awb_number", "shopify_order_id", "airtable_record_id"},
    "delivered": {"awb_number", "shopify_order_id", "airtable_record_id"},
    "cancelled": {"shopify_order_id", "airtable_record_id"},
}
"""Ids of other systems, and the waybill of what was delivered, where they were missing."""
OTHERS = {
    "payment_mode": "prepaid", "payment_status": "refunded", "source": "import",
    "currency": "USD",
}  # fmt: skip
BY_TYPE = {
    "uuid": "00000000-0000-4000-8000-000000000001", "text": "other", "jsonb": '{"other": 1}', "numeric": "1",
    "timestamp with time zone": "2020-01-01T00:00:00Z",
}  # fmt: skip


@pytest.fixture
def done(shop):
    """Provide `done("delivered")`: an order of one line that was paid, and is there."""

    def make(status):
        order = shop.order((shop.item(f"S-{status}", stock=9), 2))
        shop.db.execute("UPDATE order_items SET unit_price = 150 WHERE order_id = %s", (order,))
        shop.db.execute("UPDATE orders SET payment_status = 'paid' WHERE id = %s", (order,))
        for step in ["cancelled"] if status == "cancelled" else ["confirmed", "fulfilling", "shipped", "delivered"]:
            shop.db.execute("UPDATE orders SET order_status = %s WHERE id = %s", (step, order))
            if step == status:
                return order
        return order

    return make


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled"])
def test_a_column_that_is_not_named_is_frozen_for_the_service_too(shop, done, status):
    order = done(status)
    columns = shop.db.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = 'orders'"
    ).fetchall()
    others = OTHERS | {"order_status": "cancelled" if status == "delivered" else "delivered"}
    answers = {}
    for name, kind in columns:
        answers[name] = written_by_the_service(shop.db, order, name, others.get(name) or BY_TYPE[kind])
    changed = MAY_CHANGE | MORE[status]
    assert answers == {name: "changed" if name in changed else "PT409" for name, _ in columns}


def written_by_the_service(db, order, column, value):
    """Return `changed`, or the SQLSTATE of the refusal; keep nothing of it."""
    try:
        with db.transaction(force_rollback=True):
            db.execute("SET LOCAL ROLE service_role")
            db.execute(f"UPDATE orders SET {column} = %s WHERE id = %s", (value, order))
    except psycopg.Error as refused:
        return refused.sqlstate
    return "changed"
