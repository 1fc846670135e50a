"""What the database keeps true of stock, whatever surface writes it."""

import uuid

import pytest

from shared.kernel.errors import Refusal

MOVE = """
    INSERT INTO stock_movements (inventory_item_id, warehouse_id, movement_type, quantity)
    VALUES (%(item)s, %(warehouse)s, %(kind)s, %(quantity)s)
"""


async def test_a_balance_is_the_sum_of_its_movements(shop, tx_as):
    item = shop.item("S-1")
    async with tx_as(shop.org.agent("write"), scope="write") as tx:
        for kind, quantity in (("inbound", 10), ("outbound", -3), ("adjustment", -1)):
            await tx.run(MOVE, item=item, warehouse=shop.warehouse, kind=kind, quantity=quantity)
    assert (shop.stock(item), shop.faults()) == ((6, 0), [])


async def test_a_movement_takes_no_stock_that_is_promised_or_not_there(shop, tx_as):
    item = shop.item("S-1", stock=5)
    order = shop.order((item, 4))
    async with tx_as(shop.org.owner, scope="write") as tx:
        await tx.run("UPDATE orders SET order_status = 'confirmed' WHERE id = %(id)s", id=order)
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, item=item, warehouse=shop.warehouse, kind="outbound", quantity=-2)
    assert (refused.value.status, refused.value.code) == (409, "insufficient_stock")
    line = refused.value.details["lines"][0]
    assert (line["sku"], line["requested"], line["available"]) == ("S-1", 2, 1)
    assert shop.stock(item) == (5, 4)


@pytest.mark.parametrize(("kind", "quantity"), [("inbound", -1), ("outbound", 1), ("adjustment", 0), ("stolen", 1)])
async def test_a_movement_goes_the_way_its_type_says(shop, tx_as, kind, quantity):
    item = shop.item("S-1", stock=5)
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="write") as tx:
            await tx.run(MOVE, item=item, warehouse=shop.warehouse, kind=kind, quantity=quantity)
    assert (refused.value.status, refused.value.code) == (422, "invalid_value")


async def test_foreign_items_and_warehouses_are_refused_like_absent_ones(shop, other_org, open_shop, tx_as):
    item, theirs = shop.item("S-1"), open_shop(other_org)
    for bad_item, warehouse in (
        (theirs.item("S-1"), shop.warehouse),
        (uuid.uuid4(), shop.warehouse),
        (item, theirs.warehouse),
        (item, uuid.uuid4()),
    ):
        with pytest.raises(Refusal) as refused:
            async with tx_as(shop.org.owner, scope="write") as tx:
                await tx.run(MOVE, item=bad_item, warehouse=warehouse, kind="inbound", quantity=1)
        assert (refused.value.status, refused.value.code) == (409, "invalid_reference")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock_balances SET quantity = 100",
        "UPDATE stock_balances SET reserved_quantity = 0",
        "DELETE FROM stock_balances",
        "UPDATE stock_movements SET quantity = 100",
        "DELETE FROM stock_movements",
        "UPDATE stock_reservations SET quantity = 1",
        "DELETE FROM stock_reservations",
        "SELECT app.reserve_stock(app.organization_id(), gen_random_uuid(), '{}')",
        "SELECT app.release_stock(app.organization_id(), gen_random_uuid())",
        "SELECT app.consume_stock(app.organization_id(), gen_random_uuid())",
        "SELECT app.lock_stock(app.organization_id(), '{}')",
    ],
)
async def test_stock_is_written_only_by_movements(shop, tx_as, statement):
    shop.item("S-1", stock=5)
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="admin") as tx:
            await tx.run(statement)
    assert refused.value.code == "permission_denied"


def test_not_even_the_owner_of_the_schema_changes_a_movement(shop):
    shop.item("S-1", stock=5)
    for statement in ("UPDATE stock_movements SET quantity = 1", "DELETE FROM stock_movements"):
        with pytest.raises(Exception, match="never changed or deleted"):
            shop.db.execute(statement + " WHERE organization_id = %s", (shop.org.id,))


async def test_an_item_with_stock_is_kept_and_an_organization_leaves_whole(shop, tx_as):
    item = shop.item("S-1", stock=5)
    shop.order((item, 1))
    with pytest.raises(Refusal) as refused:
        async with tx_as(shop.org.owner, scope="admin") as tx:
            await tx.run("DELETE FROM items WHERE id = %(id)s", id=item)
    assert refused.value.code == "invalid_reference"
    shop.db.execute("DELETE FROM organizations WHERE id = %s", (shop.org.id,))
    left = shop.db.execute("SELECT count(*) FROM stock_movements WHERE inventory_item_id = %s", (item,)).fetchone()
    assert left == (0,)
