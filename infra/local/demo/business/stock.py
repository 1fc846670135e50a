"""The goods of the shops, their warehouses, and the stock movements."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from .orders import DAYS
from .records import Item, Movement, Warehouse
from .scene import Scene
from .shops import products

_RECEIVED_DAYS_AGO = DAYS + 4
_ENOUGH_TO_SPLIT = 12
"""From this remainder on, an item is in every warehouse, so that one warehouse always has an order's quantity."""


def make_items(scene: Scene) -> list[Item]:
    shop, dice, _ = scene
    return [
        Item(
            id=shop.id("item", product.sku),
            organization_id=shop.organization_id,
            name=product.name,
            description=f"{product.category}: {product.name}",
            item_no=f"{number:04}",
            sku=product.sku,
            barcode=f"20{number:010}",
            category=product.category,
            unit="pcs",
            cost_price=round(product.price * dice.uniform(0.45, 0.62), 2),
            selling_price=product.price,
            min_stock_level=dice.choice((4, 6, 8)),
            is_active=number % 25 != 0,
            created_at=scene.opened + timedelta(hours=number),
            updated_at=scene.opened + timedelta(hours=number),
        )
        for number, product in enumerate(products(shop.key), start=1)
    ]


def make_warehouses(scene: Scene) -> list[Warehouse]:
    shop, at = scene.shop, scene.opened
    return [
        Warehouse(shop.id("warehouse", name), shop.organization_id, name, address, True, number == 0, at, at)
        for number, (name, address) in enumerate(shop.warehouses)
    ]


class StockBook:
    """Numbers the movements of one shop."""

    def __init__(self, scene: Scene) -> None:
        self._shop = scene.shop
        self._now = scene.now
        self._count = 0

    def move(
        self, item: Item, warehouse: Warehouse, quantity: int, *, kind: str, reference: str, days_ago: float
    ) -> Movement:
        self._count += 1
        return Movement(
            id=self._shop.id("movement", self._count),
            organization_id=self._shop.organization_id,
            inventory_item_id=item.id,
            warehouse_id=warehouse.id,
            movement_type=kind,
            quantity=quantity,
            reference_id=reference,
            created_by=self._shop.staff[-1],
            created_at=self._now - timedelta(days=days_ago),
        )


def make_movements(
    scene: Scene, items: Sequence[Item], warehouses: Sequence[Warehouse], demand: Counter[UUID]
) -> list[Movement]:
    """Return stock for every order, and a remainder: plenty of most items, too little of some, none of a few."""
    book, dice = StockBook(scene), scene.dice
    movements: list[Movement] = []
    for item in items:
        left = dice.choices((0, dice.randint(1, item.min_stock_level), dice.randint(15, 90)), (8, 14, 78))[0]
        if demand[item.id] + left:
            movements.extend(_history(book, item, warehouses, sold=demand[item.id], left=left))
    return movements


def _history(
    book: StockBook, item: Item, warehouses: Sequence[Warehouse], *, sold: int, left: int
) -> Iterator[Movement]:
    main, *others = warehouses
    broken = 1 if left > _ENOUGH_TO_SPLIT and left % 5 == 0 else 0
    received = sold + left + broken
    restocked = left // 4 if not others else 0
    delivery = f"PO-{item.category[:3].upper()}-01"
    yield book.move(item, main, received - restocked, kind="inbound", reference=delivery, days_ago=_RECEIVED_DAYS_AGO)
    if restocked:
        yield book.move(item, main, restocked, kind="inbound", reference=delivery[:-1] + "2", days_ago=30)
    if broken:
        yield book.move(item, main, -broken, kind="adjustment", reference="broken in the warehouse", days_ago=DAYS + 1)
    if left >= _ENOUGH_TO_SPLIT:
        for other in others:
            moved = (left + sold) // 3
            reference = f"to {other.name}"
            yield book.move(item, main, -moved, kind="transfer", reference=reference, days_ago=DAYS + 2)
            yield book.move(item, other, moved, kind="transfer", reference=reference, days_ago=DAYS + 2)
