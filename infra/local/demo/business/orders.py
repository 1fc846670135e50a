"""Three months of orders, and the legal steps that led each to its status."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.kernel.clock import zone

from . import words
from .records import Contact, Item, Order, OrderLine, OrderSequence, Status, Step, fixed_id
from .scene import Dice, Scene

DAYS = 90
MOST_OF_AN_ITEM = 3
_CAIRO = zone("Africa/Cairo")
_JUST_NOW = timedelta(minutes=10)
_GIFT_WRAP_PRICE = 35
_HOURS = {
    Status.CONFIRMED: (0.5, 5), Status.CANCELLED: (1, 20), Status.FULFILLING: (3, 20), Status.SHIPPED: (4, 24),
    Status.DELIVERED: (20, 70),
}  # fmt: skip
_ALL_THE_WAY = (Status.CONFIRMED, Status.FULFILLING, Status.SHIPPED, Status.DELIVERED)
_WAYS: tuple[tuple[tuple[Status, ...], tuple[int, int, int, int, int]], ...] = (
    ((), (60, 12, 0, 0, 0)),
    (_ALL_THE_WAY[:1], (30, 38, 10, 0, 0)),
    (_ALL_THE_WAY[:2], (5, 34, 26, 0, 0)),
    (_ALL_THE_WAY[:3], (0, 6, 52, 36, 0)),
    (_ALL_THE_WAY, (0, 0, 4, 56, 91)),
    ((Status.CANCELLED,), (5, 6, 4, 4, 5)),
    ((Status.CONFIRMED, Status.CANCELLED), (0, 4, 4, 4, 4)),
)
"""Steps that orders have taken, and how many in a hundred, by age: under one, two, four, seven days, and older."""


class Trade(NamedTuple):
    orders: list[Order]
    lines: list[OrderLine]
    steps: list[Step]
    sequences: list[OrderSequence]

    @property
    def demand(self) -> Counter[UUID]:
        """How much of each item has ever been reserved."""
        confirmed = {step.order_id for step in self.steps if step.order_status is Status.CONFIRMED}
        wanted: Counter[UUID] = Counter()
        for line in self.lines:
            if line.item_id and line.order_id in confirmed:
                wanted[line.item_id] += line.qty
        return wanted


def make_orders(scene: Scene, contacts: Sequence[Contact], items: Sequence[Item]) -> Trade:
    """Return the orders; each has its own randomness, so that the hour of the day changes no other order."""
    shop, dice, now = scene
    ages = [timedelta(days=DAYS * dice.random() ** 1.6) for _ in range(shop.orders)]
    keenness = [dice.random() ** 4 for _ in contacts]
    numbers: Counter[int] = Counter()
    trade = Trade([], [], [], [])
    for at, count in sorted((_opening_hours(now - age, now), count) for count, age in enumerate(ages)):
        own = scene.apart(f"order {count}")
        year = at.astimezone(_CAIRO).year
        numbers[year] += 1
        buyer = own.dice.choices(contacts, keenness)[0]
        order = _order(own, buyer, number=f"ORD-{year}-{numbers[year]:03}", count=count, at=at)
        lines = list(_lines(own.dice, order, items))
        order.total_amount = sum(line.qty * line.unit_price for line in lines)
        trade.orders.append(order)
        trade.lines.extend(lines)
        trade.steps.extend(_steps(own, order))
    trade.sequences.extend(OrderSequence(shop.organization_id, year, last) for year, last in numbers.items())
    return trade


def _opening_hours(at: datetime, now: datetime) -> datetime:
    """Move the time to when people order: between nine in the morning and midnight."""
    local = at.astimezone(_CAIRO)
    awake = local.replace(hour=9 + local.hour % 15) if local.hour < 9 else local  # noqa: PLR2004
    return min(awake, now - _JUST_NOW).astimezone(at.tzinfo)


def _order(scene: Scene, buyer: Contact, *, number: str, count: int, at: datetime) -> Order:
    shop, dice, _ = scene
    prepaid = dice.happens(0.25)
    return Order(
        id=shop.id("order", count),
        organization_id=shop.organization_id,
        customer_id=buyer.id,
        order_number=number,
        order_status="pending",
        total_amount=0,
        currency="EGP",
        shipping_address=buyer.address,
        source="manual",
        payment_mode="prepaid" if prepaid else "COD",
        payment_status="paid" if prepaid else "unpaid",
        notes="هدية: من غير فاتورة في العلبة" if dice.happens(0.05) else None,
        created_at=at,
        updated_at=at,
    )


def _lines(dice: Dice, order: Order, items: Sequence[Item]) -> Iterator[OrderLine]:
    chosen = dice.sample([item for item in items if item.is_active], dice.choice((1, 1, 2, 2, 3, 4)))
    for index, item in enumerate(chosen):
        yield OrderLine(
            id=_line_id(order, index),
            order_id=order.id,
            item_id=item.id,
            name=None,
            qty=dice.choice((1, 1, 1, 2, MOST_OF_AN_ITEM)),
            unit_price=item.selling_price,
            created_at=order.created_at + timedelta(milliseconds=index),
        )
    if dice.happens(0.08):
        at = order.created_at + timedelta(milliseconds=len(chosen))
        yield OrderLine(_line_id(order, len(chosen)), order.id, None, words.GIFT_WRAP, 1, _GIFT_WRAP_PRICE, at)


def _line_id(order: Order, index: int) -> UUID:
    return fixed_id("line", str(order.id), index)


def _steps(scene: Scene, order: Order) -> Iterator[Step]:
    shop, dice, now = scene
    available = now - order.created_at
    age = sum(available >= timedelta(days=days) for days in (1, 2, 4, 7))
    way = dice.choices([way for way, _ in _WAYS], [shares[age] for _, shares in _WAYS])[0]
    gaps = [timedelta(hours=dice.uniform(*_HOURS[status])) for status in way]
    # Steps that would be in the future are moved closer together instead.
    pace = min(1.0, (available * 0.95) / sum(gaps, timedelta())) if gaps else 1.0
    at = order.created_at
    for status, gap in zip(way, gaps, strict=True):
        at += gap * pace
        step = Step(order.id, status, at, "user", dice.choice(shop.staff))
        if status is Status.SHIPPED:
            step.awb_number = f"DEMO{fixed_id('awb', str(order.id)).int % 10**9:09}"
        if status is Status.DELIVERED:
            step.payment_status = "paid"
        if status is Status.CANCELLED and order.payment_status == "paid":
            step.payment_status, step.refund_amount = "refunded", order.total_amount
        yield step
    order.updated_at = at
