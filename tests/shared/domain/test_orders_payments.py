"""Payments of orders: every step, every two writes in a row, and nothing refunded that was not paid."""

import uuid
from itertools import product

import psycopg
import pytest

DONE = ["shipped", "delivered", "cancelled"]
STATUSES = ["pending", "confirmed", "fulfilling", *DONE]
STEPS = {
    "unpaid": {"partially_paid", "paid"},
    "partially_paid": {"paid", "refunded"},
    "paid": {"refunded"},
    "refunded": set(),
}
BACK = {
    "unpaid": set(),
    "partially_paid": {"unpaid"},
    "paid": {"unpaid", "partially_paid"},
    "refunded": {"partially_paid", "paid"},
}
"""Of an order that is still open: a step that was typed wrong is taken back."""
TOTAL = 300
AMOUNTS = (0, 100, TOTAL, TOTAL + 1)
WRITES = [
    {"payment_status": status} | refund
    for status in STEPS
    for refund in ({}, *({"refund_amount": amount} for amount in AMOUNTS))
] + [{"refund_amount": amount} for amount in AMOUNTS]  # fmt: skip


@pytest.fixture
def order_at(shop):
    """Provide `order_at("delivered", payment_status="paid")`: an order of 300 that is there, however it came to be."""

    def make(order_status, payment_status="unpaid"):
        order = shop.order((shop.item(f"S-{uuid.uuid4()}", stock=9), 2))
        shop.db.execute("UPDATE order_items SET unit_price = 150 WHERE order_id = %s", (order,))
        shop.db.execute("SET session_replication_role = replica")
        shop.db.execute(
            "UPDATE orders SET order_status = %s, payment_status = %s WHERE id = %s",
            (order_status, payment_status, order),
        )
        shop.db.execute("SET session_replication_role = origin")
        return order

    return make


@pytest.fixture
def write(shop):
    """Write columns of an order as the service; the code of the refusal, None where it was taken."""

    def run(order, values):
        columns = ", ".join(f"{name} = %({name})s" for name in values)
        try:
            with shop.db.transaction():
                shop.db.execute("SET LOCAL ROLE service_role")
                shop.db.execute(f"UPDATE orders SET {columns} WHERE id = %(id)s", values | {"id": order})
        except psycopg.Error as refused:
            return str(refused.diag.message_detail or refused.sqlstate).split('"error": "')[-1].split('"')[0]
        return None

    return run


@pytest.mark.parametrize("payment_status", STEPS)
@pytest.mark.parametrize("order_status", STATUSES)
def test_only_legal_steps_of_payment_are_taken(order_at, write, order_status, payment_status):
    allowed = STEPS[payment_status] | (BACK[payment_status] if order_status not in DONE else set()) | {payment_status}
    for to in STEPS:
        refused = write(order_at(order_status, payment_status), {"payment_status": to})
        assert refused == (None if to in allowed else "illegal_transition"), to


@pytest.mark.parametrize("order_status", STATUSES)
def test_no_two_writes_give_back_what_was_not_paid(shop, order_at, write, order_status):
    order = order_at(order_status)
    for path in product(WRITES, repeat=2):
        with shop.db.transaction(force_rollback=True):
            was_paid = False
            for values in path:
                if write(order, values) is None:
                    was_paid = was_paid or values.get("payment_status") in {"partially_paid", "paid"}
                status, refund = shop.db.execute(
                    "SELECT payment_status, refund_amount FROM orders WHERE id = %s", (order,)
                ).fetchone()
                assert 0 <= refund <= (TOTAL if was_paid and status != "unpaid" else 0), path
                assert was_paid or status == "unpaid", path


@pytest.mark.parametrize("order_status", STATUSES)
def test_money_that_comes_late_is_recorded_and_given_back(order_at, write, order_status):
    order = order_at(order_status)
    steps = (
        {"payment_status": "partially_paid"}, {"payment_status": "paid"}, {"refund_amount": 100},
        {"payment_status": "refunded", "refund_amount": TOTAL},
    )  # fmt: skip
    assert [write(order, values) for values in steps] == [None] * 4
