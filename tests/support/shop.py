"""A shop with stock to sell."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from tests.conftest import Org, Tenants


@dataclass
class Shop:
    """A tenant with a contact, a warehouse and items; `order` makes a pending order of (item, qty) pairs."""

    org: Org
    db: psycopg.Connection[Any]
    customer: uuid.UUID = field(default_factory=uuid.uuid4)
    warehouse: uuid.UUID = field(default_factory=uuid.uuid4)

    def item(self, sku: str, *, stock: int = 0, warehouse: uuid.UUID | None = None) -> uuid.UUID:
        item = uuid.uuid4()
        self.db.execute(
            "INSERT INTO items (id, organization_id, sku, name, selling_price) VALUES (%s, %s, %s, %s, 150)",
            (item, self.org.id, sku, f"Item {sku}"),
        )
        if stock:
            self.receive(item, stock, warehouse=warehouse)
        return item

    def receive(self, item: uuid.UUID, quantity: int, *, warehouse: uuid.UUID | None = None) -> None:
        self.db.execute(
            "INSERT INTO stock_movements (organization_id, inventory_item_id, warehouse_id, movement_type, quantity)"
            " VALUES (%s, %s, %s, 'adjustment', %s)",
            (self.org.id, item, warehouse or self.warehouse, quantity),
        )

    def order(self, *lines: tuple[uuid.UUID, int]) -> uuid.UUID:
        order = uuid.uuid4()
        self.db.execute(
            "INSERT INTO orders (id, organization_id, customer_id) VALUES (%s, %s, %s)",
            (order, self.org.id, self.customer),
        )
        for item, qty in lines:
            line = "INSERT INTO order_items (order_id, item_id, qty, unit_price) VALUES (%s, %s, %s, 0)"
            self.db.execute(line, (order, item, qty))
        return order

    def stock(self, item: uuid.UUID) -> tuple[int, int]:
        """On hand and reserved, over all warehouses."""
        return self.db.execute(  # type: ignore[return-value]
            "SELECT coalesce(sum(quantity), 0), coalesce(sum(reserved_quantity), 0) FROM stock_balances"
            " WHERE organization_id = %s AND item_id = %s",
            (self.org.id, item),
        ).fetchone()

    def faults(self) -> list[Any]:
        """Balances that are not the sum of their movements, or whose reservations do not add up."""
        return self.db.execute(
            """
            SELECT balance.*
            FROM stock_balances AS balance
            WHERE balance.organization_id = %s AND (
                balance.quantity <> (
                    SELECT coalesce(sum(quantity), 0) FROM stock_movements
                    WHERE inventory_item_id = balance.item_id AND warehouse_id = balance.warehouse_id
                )
                OR balance.reserved_quantity <> (
                    SELECT coalesce(sum(quantity), 0) FROM stock_reservations
                    WHERE item_id = balance.item_id AND warehouse_id = balance.warehouse_id
                )
            )
            """,
            (self.org.id,),
        ).fetchall()


@pytest.fixture
def open_shop(tenants: Tenants) -> Iterator[Callable[[Org], Shop]]:
    with ExitStack() as stack:

        def open_for(org: Org) -> Shop:
            shop = Shop(org, stack.enter_context(tenants.database()))
            shop.db.execute(
                "INSERT INTO customers (id, organization_id, first_name) VALUES (%s, %s, 'Mona')",
                (shop.customer, org.id),
            )
            shop.db.execute(
                "INSERT INTO warehouses (id, organization_id, name) VALUES (%s, %s, 'Cairo')", (shop.warehouse, org.id)
            )
            return shop

        yield open_for


@pytest.fixture
def shop(org: Org, open_shop: Callable[[Org], Shop]) -> Shop:
    return open_shop(org)
