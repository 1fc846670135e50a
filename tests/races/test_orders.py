"""Writers that meet: numbers, the plan's limit, the last unit, and locks taken in opposite orders."""

import random
import uuid
from itertools import chain

import psycopg
import pytest

from shared.auth import tokens

CONFIRM = "UPDATE orders SET order_status = 'confirmed' WHERE id = %(id)s RETURNING order_status"
INSERT = "INSERT INTO orders DEFAULT VALUES RETURNING order_number"


def test_order_numbers_are_unique_and_without_gaps(org, race):
    outcomes = race(org.agent(), lambda _: [(INSERT, {})] * 4, writers=4, rounds=100)
    numbers = sorted(int(number.rpartition("-")[2]) for number in chain(*outcomes))
    assert numbers == list(range(1, 401))


def test_the_last_order_of_the_plan_is_made_once(tenants, race):
    org = tenants.org(plan="starter")
    with tenants.database() as db:

        def one_left(_):
            db.execute("DELETE FROM usage_counters WHERE organization_id = %s", (org.id,))
            db.execute(
                "INSERT INTO usage_counters (organization_id, resource, period, used)"
                " SELECT id, 'orders', to_char(now() AT TIME ZONE timezone, 'YYYY-MM'), 199"
                " FROM organizations WHERE id = %s",
                (org.id,),
            )
            return [(INSERT, {})] * 4

        outcomes = race(org.agent("write"), one_left, writers=4, rounds=100)
        made = db.execute("SELECT count(*) FROM orders WHERE organization_id = %s", (org.id,)).fetchone()
    assert [sorted(outcome)[1:] for outcome in outcomes] == [["PT403"] * 3] * 100
    assert made == (100,)


def test_the_last_unit_is_promised_once(shop, race):
    item = shop.item("LAST", stock=1)

    def four_orders(_):
        shop.db.execute(
            "UPDATE orders SET order_status = 'cancelled' WHERE organization_id = %s AND order_status = 'confirmed'",
            (shop.org.id,),
        )
        return [(CONFIRM, {"id": shop.order((item, 1))}) for _ in range(4)]

    outcomes = race(shop.org.agent(), four_orders, writers=4, rounds=100)
    assert [sorted(outcome) for outcome in outcomes] == [["PT409", "PT409", "PT409", "confirmed"]] * 100
    assert (shop.stock(item), shop.faults()) == ((1, 1), [])


def test_an_order_confirmed_by_all_at_once_reserves_once(shop, race):
    item = shop.item("ONCE", stock=1000)
    outcomes = race(
        shop.org.agent(),
        lambda _: [(CONFIRM, {"id": order}) for order in [shop.order((item, 1))] * 4],
        writers=4,
        rounds=50,
    )
    assert set(chain(*outcomes)) == {"confirmed"}
    assert (shop.stock(item), shop.faults()) == ((1000, 50), [])


def test_lines_and_movements_in_opposite_orders_never_deadlock(shop, race):
    items = [shop.item(f"RING-{number}", stock=10_000) for number in range(4)]
    move = """
        INSERT INTO stock_movements (inventory_item_id, warehouse_id, movement_type, quantity)
        SELECT item, %(warehouse)s, 'adjustment', 1 FROM unnest(%(items)s::uuid[]) AS item
        RETURNING 'moved'
    """

    def crossing(_):
        there, back = [(item, 1) for item in items], [(item, 1) for item in reversed(items)]
        moves = [{"warehouse": shop.warehouse, "items": order} for order in (items, items[::-1])]
        return [
            (CONFIRM, {"id": shop.order(*there)}),
            (CONFIRM, {"id": shop.order(*back)}),
            *((move, params) for params in moves),
        ]

    outcomes = race(shop.org.agent(), crossing, writers=4, rounds=100)
    assert set(chain(*outcomes)) == {"confirmed", "moved"}
    assert ([shop.stock(item) for item in items], shop.faults()) == ([(10_200, 200)] * 4, [])


def test_sixteen_writers_on_one_sku_meet_refusals_only_and_stock_stays_true(shop, race):
    item, chance = shop.item("HOT", stock=40), random.Random(7)  # noqa: S311  (no secret)
    orders = [shop.order((item, chance.randint(1, 5))) for _ in range(60)]
    step = "UPDATE orders SET order_status = %(to)s::order_status WHERE id = %(id)s RETURNING order_status"
    move = """
        INSERT INTO stock_movements (inventory_item_id, warehouse_id, movement_type, quantity)
        VALUES (%(item)s, %(warehouse)s, 'adjustment', %(quantity)s)
        RETURNING 'moved'
    """

    def anything(_):
        steps = [
            (
                step,
                {"id": chance.choice(orders), "to": chance.choice(["confirmed", "fulfilling", "shipped", "cancelled"])},
            )
            for _ in range(12)
        ]
        moves = [
            (move, {"item": item, "warehouse": shop.warehouse, "quantity": chance.choice([-6, -3, 2, 4])})
            for _ in range(4)
        ]
        return steps + moves

    outcomes = race(shop.org.agent(), anything, writers=16, rounds=30)
    assert set(chain(*outcomes)) <= {"moved", "confirmed", "fulfilling", "shipped", "cancelled", "PT409"}
    assert {"moved", "shipped", "PT409"} <= set(chain(*outcomes))
    assert shop.faults() == []


def test_lines_written_at_once_are_all_in_the_total(shop, race):
    item, order = shop.item("SUM", stock=1), shop.order()
    insert = """
        INSERT INTO order_items (order_id, item_id, qty, unit_price) VALUES (%(order)s, %(item)s, 1, %(price)s)
        RETURNING 'added'
    """
    lines = [(insert, {"order": order, "item": item, "price": price}) for price in (1, 10, 100, 1000)]
    outcomes = race(shop.org.agent(), lambda _: lines, writers=4, rounds=50)
    assert set(chain(*outcomes)) == {"added"}
    total = shop.db.execute("SELECT total_amount FROM orders WHERE id = %s", (order,)).fetchone()
    assert total == (50 * 1111,)


def test_no_order_is_confirmed_while_its_last_line_goes(shop, race):
    def one_line(_):
        order = shop.order((shop.item(f"GONE-{uuid.uuid4()}", stock=1), 1))
        return [
            (CONFIRM, {"id": order}),
            ("DELETE FROM order_items WHERE order_id = %(id)s RETURNING 'removed'", {"id": order}),
        ]

    outcomes = race(shop.org.agent(), one_line, writers=2, rounds=100)
    assert {tuple(outcome) for outcome in outcomes} <= {("confirmed", "PT409"), ("PT409", "removed")}


def test_no_price_is_written_in_a_currency_that_has_just_gone(shop, race):
    def change_and_price(number):
        shop.db.execute("UPDATE items SET selling_price = NULL WHERE organization_id = %s", (shop.org.id,))
        shop.db.execute("UPDATE organizations SET currency = 'EGP' WHERE id = %s", (shop.org.id,))
        return [
            ("UPDATE organizations SET currency = 'JPY' WHERE id = %(id)s RETURNING currency", {"id": shop.org.id}),
            (
                "INSERT INTO items (sku, selling_price) VALUES (%(sku)s, 1.25) RETURNING selling_price",
                {"sku": f"R-{number}"},
            ),
        ]

    outcomes = race(shop.org.owner, change_and_price, writers=2, rounds=100)
    assert {tuple(outcome) for outcome in outcomes} <= {("JPY", "PT422"), ("PT409", "1.250")}


SPELT = ["1001", "#1001", "\u0661\u0660\u0660\u0661", " 1001"]


def test_one_number_in_four_spellings_at_once_is_made_once(org, tenants, race):
    insert = "INSERT INTO orders (order_number) VALUES (%(number)s) RETURNING 'made'"
    with tenants.database() as db:

        def four_spellings(_):
            db.execute("DELETE FROM orders WHERE organization_id = %s", (org.id,))
            return [(insert, {"number": number}) for number in SPELT]

        outcomes = race(org.agent("write"), four_spellings, writers=4, rounds=50)
    assert [sorted(outcome) for outcome in outcomes] == [["23505", "23505", "23505", "made"]] * 50


def test_generated_numbers_and_other_spellings_of_them_never_meet(org, tenants, race):
    """Who writes the next number by hand has it, or is refused; who leaves it out always gets one."""
    with tenants.database() as db:
        year = db.execute(
            "SELECT extract(year FROM now() AT TIME ZONE timezone)::int FROM organizations WHERE id = %s", (org.id,)
        ).fetchone()[0]
        hand = "INSERT INTO orders (order_number) VALUES (%(number)s) RETURNING order_number"

        def both(turn):
            made = db.execute("SELECT count(*) FROM orders WHERE organization_id = %s", (org.id,)).fetchone()[0]
            return [(INSERT, {}), (hand, {"number": f"#ord-{year}-{made + 1:03}"}), (INSERT, {})]

        outcomes = race(org.agent("write"), both, writers=3, rounds=30)
    refused = [outcome for outcome in outcomes if "23505" in (outcome[0], outcome[2])]
    assert refused == []


def test_order_numbers_of_one_organization_do_not_block_another(org, other_org, tenants):
    insert = "INSERT INTO orders (organization_id, order_number) VALUES (%s, %s)"
    claims = tokens.verify(other_org.agent("write").token).claims
    with tenants.database() as theirs, tenants.database() as mine, theirs.transaction():
        theirs.execute(insert, (org.id, None))
        mine.execute("BEGIN")
        mine.execute("SELECT app.enter('authenticated', %s, '{}', 'write', NULL)", (claims,))
        mine.execute("SET LOCAL lock_timeout = '1s'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.execute(insert, (org.id, "ORD-2026-077"))
        mine.execute("ROLLBACK")
