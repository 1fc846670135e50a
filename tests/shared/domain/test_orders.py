"""What the database keeps true of orders, whatever surface writes them."""

import uuid
from itertools import pairwise

import pytest

from shared.kernel.errors import Refusal

STATUSES = ["pending", "confirmed", "fulfilling", "shipped", "delivered", "cancelled"]
LEGAL = {
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["fulfilling", "cancelled"],
    "fulfilling": ["shipped", "cancelled"],
    "shipped": ["delivered"],
    "delivered": [],
    "cancelled": [],
}
MOVE = "UPDATE orders SET order_status = %(to)s::order_status WHERE id = %(id)s"
ADD_LINE = "INSERT INTO order_items (order_id, item_id, qty, unit_price) VALUES (%(order)s, %(item)s, 1, %(price)s)"


@pytest.mark.parametrize("status", STATUSES)
async def test_only_legal_steps_are_taken(shop, tx_as, status):
    item = shop.item("S-1", stock=100)
    for to in STATUSES:
        order = shop.order((item, 1))
        shop.db.execute("SET session_replication_role = replica")
        shop.db.execute("UPDATE orders SET order_status = %s WHERE id = %s", (status, order))
        shop.db.execute("SET session_replication_role = origin")
        async with tx_as(shop.org.agent("write"), scope="write") as tx:
            if to in LEGAL[status] or to == status:
                assert await tx.run(MOVE, to=to, id=order) == 1
                continue
            with pytest.raises(Refusal) as refused:
                await tx.run(MOVE, to=to, id=order)
        assert (refused.value.status, refused.value.code) == (409, "illegal_transition")
        assert refused.value.details == {"from": status, "to": to, "allowed": LEGAL[status]}


async def test_stock_follows_the_order(shop, tx_as):
    item = shop.item("S-1", stock=10)
    order = shop.order((item, 2), (item, 1))
    seen = []
    for to in STATUSES[1:5]:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, to=to, id=order)
        seen.append(shop.stock(item))
    movement = shop.db.execute(
        "SELECT movement_type, quantity, created_by FROM stock_movements WHERE reference_id = %s", (str(order),)
    ).fetchall()
    assert seen == [(10, 3), (10, 3), (7, 0), (7, 0)]
    assert movement == [("outbound", -3, shop.org.owner.id)]
    assert shop.faults() == []


@pytest.mark.parametrize("steps", [["confirmed"], ["confirmed", "fulfilling"]])
async def test_cancelling_gives_back_what_was_promised(shop, tx_as, steps):
    item = shop.item("S-1", stock=10)
    order = shop.order((item, 4))
    for to in [*steps, "cancelled"]:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, to=to, id=order)
    assert (shop.stock(item), shop.faults()) == ((10, 0), [])


async def test_an_order_that_holds_stock_is_cancelled_before_it_is_deleted(shop, tx_as):
    item = shop.item("S-1", stock=10)
    order, delete = shop.order((item, 4)), "DELETE FROM orders WHERE id = %(id)s"
    async with tx_as(shop.org.owner, scope="admin") as tx:
        await tx.run(MOVE, to="confirmed", id=order)
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="admin") as tx:
            await tx.run(delete, id=order)
    assert (refused.value.code, shop.stock(item)) == ("order_finished", (10, 4))
    async with tx_as(shop.org.owner, scope="admin") as tx:
        await tx.run(MOVE, to="cancelled", id=order)
        assert await tx.run(delete, id=order) == 1
    assert (shop.stock(item), shop.faults()) == ((10, 0), [])


async def test_an_order_deleted_by_the_house_gives_back_what_was_promised(shop, tx_as):
    item = shop.item("S-1", stock=10)
    order = shop.order((item, 4))
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run(MOVE, to="confirmed", id=order)
    shop.db.execute("DELETE FROM orders WHERE id = %s", (order,))
    assert (shop.stock(item), shop.faults()) == ((10, 0), [])


async def test_confirming_reserves_all_lines_or_none(shop, tx_as):
    plenty, scarce = shop.item("PLENTY", stock=10), shop.item("SCARCE", stock=1)
    order = shop.order((plenty, 1), (scarce, 2))
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, to="confirmed", id=order)
    assert (refused.value.status, refused.value.code) == (409, "insufficient_stock")
    assert refused.value.details["lines"] == [{"item_id": str(scarce), "sku": "SCARCE", "requested": 2, "available": 1}]
    assert (shop.stock(plenty), shop.stock(scarce)) == ((10, 0), (1, 0))


async def test_the_default_warehouse_comes_first_then_the_one_with_enough(shop, tx_as):
    other = shop.db.execute(
        "INSERT INTO warehouses (organization_id, name) VALUES (%s, 'Giza') RETURNING id", (shop.org.id,)
    ).fetchone()[0]
    item = shop.item("S-1", stock=5)
    shop.receive(item, 50, warehouse=other)
    for qty in (5, 6):
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, to="confirmed", id=shop.order((item, qty)))
    held = shop.db.execute(
        "SELECT warehouse_id, quantity FROM stock_reservations WHERE organization_id = %s ORDER BY quantity",
        (shop.org.id,),
    ).fetchall()
    assert held == [(shop.warehouse, 5), (other, 6)]


async def test_many_orders_move_in_one_statement(shop, tx_as):
    item = shop.item("S-1", stock=10)
    orders = [shop.order((item, 1)) for _ in range(5)]
    async with tx_as(shop.org.owner, scope="write") as tx:
        sql = "UPDATE orders SET order_status = 'confirmed' WHERE id = ANY(%(ids)s)"
        assert await tx.run(sql, ids=orders) == 5
    assert (shop.stock(item), shop.faults()) == ((10, 5), [])


async def test_an_order_imported_as_confirmed_takes_its_stock_when_it_ships(shop, tx_as):
    item = shop.item("S-1", stock=3)
    order = shop.order((item, 2))
    shop.db.execute("SET session_replication_role = replica")
    shop.db.execute("UPDATE orders SET order_status = 'fulfilling' WHERE id = %s", (order,))
    shop.db.execute("SET session_replication_role = origin")
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run(MOVE, to="shipped", id=order)
    assert (shop.stock(item), shop.faults()) == ((1, 0), [])


async def test_a_new_order_is_pending(shop, tx_as):
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run("INSERT INTO orders (order_status) VALUES ('confirmed')")
    assert refused.value.code == "illegal_transition"
    assert refused.value.details == {"from": None, "to": "confirmed", "allowed": ["pending"]}


async def test_an_item_of_another_tenant_is_refused_like_a_missing_one(shop, other_org, open_shop, tx_as):
    order, theirs = shop.order(), open_shop(other_org).item("THEIRS")
    told = []
    for item in (theirs, uuid.uuid4()):
        with pytest.raises(Refusal) as refused:
            async with tx_as(shop.org.owner, scope="write") as tx:
                await tx.run(ADD_LINE, order=order, item=item, price=1)
        assert refused.value.details == {"item_id": str(item)}
        told.append((refused.value.status, refused.value.code))
    assert told == [(404, "not_found")] * 2


async def test_a_line_of_a_foreign_order_is_refused_like_one_of_none(shop, other_org, open_shop, tx_as):
    item, theirs = shop.item("S-1"), open_shop(other_org).order()
    for order in (theirs, uuid.uuid4()):
        with pytest.raises(Refusal) as refused:
            async with tx_as(shop.org.owner, scope="write") as tx:
                await tx.run(ADD_LINE, order=order, item=item, price=1)
        assert refused.value.code == "invalid_reference"


async def test_lines_take_their_names_from_the_item_and_rest_once_confirmed(shop, tx_as):
    item = shop.item("S-1", stock=9)
    order = shop.order()
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run(ADD_LINE, order=order, item=item, price=150)
        await tx.run(MOVE, to="confirmed", id=order)
    line = shop.db.execute("SELECT sku, name FROM order_items WHERE order_id = %s", (order,)).fetchone()
    assert line == ("S-1", "Item S-1")
    for change in (ADD_LINE, "UPDATE order_items SET qty = 5", "DELETE FROM order_items"):
        with pytest.raises(Refusal) as refused:
            async with tx_as(shop.org.owner, scope="admin") as tx:
                await tx.run(change, order=order, item=item, price=150)
        assert (refused.value.status, refused.value.code) == (409, "order_not_pending")


@pytest.mark.parametrize(("currency", "amount"), [("EGP", "1.005"), ("JPY", "1.5")])
async def test_amounts_have_no_more_decimals_than_their_currency(shop, tx_as, currency, amount):
    order, item = shop.order(), shop.item("S-1")
    shop.db.execute("UPDATE orders SET currency = %s WHERE id = %s", (currency, order))
    async with tx_as(shop.org.owner, scope="write") as tx:
        with pytest.raises(Refusal, match="decimals") as line:
            await tx.run(ADD_LINE, order=order, item=item, price=amount)
    async with tx_as(shop.org.owner, scope="write") as tx:
        with pytest.raises(Refusal) as total:
            await tx.run("UPDATE orders SET total_amount = %(amount)s::numeric", amount=amount)
    assert (line.value.status, line.value.code) == (422, "invalid_amount")
    assert (total.value.status, total.value.details["constraint"]) == (422, "orders_currency_decimals")


async def test_numbers_set_by_hand_are_stepped_over(shop, tx_as):
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run("INSERT INTO orders DEFAULT VALUES")
        await tx.run("INSERT INTO orders (order_number) SELECT replace(order_number, '001', '002') FROM orders")
        await tx.run("INSERT INTO orders DEFAULT VALUES")
    numbers = shop.db.execute(
        "SELECT right(order_number, 3) FROM orders WHERE organization_id = %s ORDER BY 1", (shop.org.id,)
    ).fetchall()
    assert numbers == [("001",), ("002",), ("003",)]


async def test_a_foreign_sequence_of_numbers_is_not_even_waited_for(shop, other_org, tx_as):
    shop.order()
    with shop.db.transaction():
        shop.db.execute("UPDATE order_sequences SET year = year WHERE organization_id = %s", (shop.org.id,))
        async with tx_as(other_org.agent("write"), scope="write") as tx:
            await tx.run("SELECT set_config('lock_timeout', '200ms', true)")
            with pytest.raises(Refusal) as refused:
                await tx.run("INSERT INTO orders (organization_id) VALUES (%(theirs)s)", theirs=shop.org.id)
    assert refused.value.code == "permission_denied"


async def test_a_merged_or_erased_contact_leaves_its_finished_orders(shop, tx_as):
    order = shop.order((shop.item("S-1", stock=1), 1))
    shop.db.execute("SET session_replication_role = replica")
    shop.db.execute("UPDATE orders SET order_status = 'delivered' WHERE id = %s", (order,))
    shop.db.execute("SET session_replication_role = origin")
    async with tx_as(shop.org.owner, scope="admin") as tx:
        await tx.run("SELECT app.erase_contact(%(id)s, true)", id=shop.customer)
    assert shop.db.execute("SELECT customer_id FROM orders WHERE id = %s", (order,)).fetchone() == (None,)


async def test_the_trail_lists_changes_of_an_order_and_its_lines(shop, tx_as):
    item = shop.item("S-1", stock=5)
    order = shop.order((item, 1))
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run("UPDATE order_items SET qty = 2 WHERE order_id = %(id)s", id=order)
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run(MOVE, to="confirmed", id=order)
    trail = shop.db.execute(
        "SELECT action, created_at FROM audit_events WHERE entity_id = %s ORDER BY created_at, action DESC", (order,)
    ).fetchall()
    assert [row[0] for row in trail] == ["orders.insert", "order_items.insert", "order_items.update", "orders.update"]
    assert all(before[1] <= after[1] for before, after in pairwise(trail))
