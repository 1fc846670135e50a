"""Actions on orders, and their conditions."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from shared.domain.catalog import service as catalog
from shared.domain.catalog.models import SellableItem
from shared.kernel.errors import Conflict, InvalidRequest, NotFound
from shared.kernel.money import check_currency, quantize
from shared.kernel.pagination import DEFAULT_LIMIT, Page, encode_cursor, last_row, page
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import (
    Address,
    CreatedOrder,
    MovedOrder,
    NewOrder,
    OrderDetail,
    OrderFilter,
    OrderPayment,
    OrderStatus,
    OrderSummary,
    PaymentMode,
    PricedLine,
    RequestedLine,
)

MAX_LINES = 100
MAX_EVENTS = 30


class UnknownCustomer(NotFound):
    """`customer_id` is the requested id."""

    code = "unknown_customer"


class PriceRequired(InvalidRequest):
    """`items` lists those that have no price of their own in the order's currency, which is `currency`."""

    code = "price_required"


class IllegalTransition(Conflict):
    """Raised by the database: the status does not follow the present one; `allowed` has those that do."""

    code = "illegal_transition"


class OrderFinished(Conflict):
    """Raised by the database: a shipped, delivered or cancelled order stays as it is."""

    code = "order_finished"


class OrderNotPending(Conflict):
    """Raised by the database: lines and money change while the order is pending."""

    code = "order_not_pending"


class OrderWithoutLines(Conflict):
    """Raised by the database: an order without lines is not confirmed."""

    code = "order_without_lines"


class TotalFollowsLines(Conflict):
    """Raised by the database: the total is the sum of the lines."""

    code = "total_follows_lines"


class RefundExceedsPaid(Conflict):
    """Raised by the database: more would be given back than was `paid`."""

    code = "refund_exceeds_paid"


class StatusChanged(Conflict):
    """Somebody moved the order first; `order_status` is its present status."""

    code = "status_changed"


async def list_orders(
    tx: Tx, *, filters: OrderFilter, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[OrderSummary]:
    """Return a page of orders, the newest first."""
    rows = await queries.list_orders(tx, filters=filters, after=last_row(cursor), limit=limit + 1)
    return page(rows, limit, cursor_of)


def cursor_of(order: OrderSummary) -> str:
    return encode_cursor(order.created_at, order.id)


async def get_order(tx: Tx, *, reference: str) -> OrderDetail:
    """Return the order of that id or number, with its first lines and its last events.

    Raises:
        NotFound: there is no such order.
    """
    order_id, number = _id_or_number(reference)
    found = await queries.find_order(tx, order_id=order_id, number=number, max_lines=MAX_LINES, max_events=MAX_EVENTS)
    if found is None:
        raise _no_order(reference)
    return found


async def create_order(
    tx: Tx,
    *,
    customer_id: UUID,
    lines: Sequence[RequestedLine],
    currency: str | None = None,
    shipping_address: Address | None = None,
    notes: str | None = None,
    payment_mode: PaymentMode = PaymentMode.COD,
) -> CreatedOrder:
    """Create a pending order in two round trips: one looks the items up, one writes.

    Raises:
        UnknownItem, ItemNotActive, UnknownCustomer, UnknownCurrency, PriceRequired, InvalidAmount: nothing is written.
    """
    if currency is not None:
        check_currency(currency)
    items = await catalog.find_sellable(tx, references=dict.fromkeys(line.item for line in lines))
    currency = currency or next(iter(items.values())).currency
    priced = _price_lines(lines, items, currency)
    total = quantize(sum((line.qty * line.unit_price for line in priced), start=Decimal(0)), currency)
    new = NewOrder(customer_id, currency, total, shipping_address, notes, payment_mode)
    order = await queries.insert_order(tx, order=new, lines=priced)
    if order is None:
        raise UnknownCustomer(f"there is no contact {customer_id}", customer_id=str(customer_id), hint="find_contact")
    return order


def _price_lines(
    lines: Sequence[RequestedLine], items: dict[catalog.Reference, SellableItem], currency: str
) -> list[PricedLine]:
    unpriced: list[str] = []
    priced: list[PricedLine] = []
    for line in lines:
        item = items[line.item]
        own = item.selling_price if item.currency == currency else None
        price = own if line.unit_price is None else line.unit_price
        if price is None:
            unpriced.append(str(line.item))
            continue
        priced.append(PricedLine(item.id, line.qty, quantize(price, currency)))
    if unpriced:
        raise PriceRequired(
            f"send unit_price in {currency} for: {', '.join(unpriced)}", items=unpriced, currency=currency
        )
    return priced


async def correct_payment(
    tx: Tx, *, order_id: UUID, payment_status: str | None, refund_amount: Decimal | None
) -> OrderPayment:
    """Correct a wrong payment status or refund, also of a finished order; None leaves a value as it is.

    Raises:
        Refusal: not_found, refund_exceeds_paid, by the database.
    """
    return await queries.correct_payment(
        tx, order_id=order_id, payment_status=payment_status, refund_amount=refund_amount
    )


async def update_order_status(
    tx: Tx, *, reference: str, order_status: OrderStatus, expected_status: OrderStatus | None = None
) -> MovedOrder:
    """Move the order one step; an order that already has the status stays as it is, without an error.

    Raises:
        NotFound: there is no such order.
        StatusChanged: the order is not in the expected status.
        Refusal: illegal_transition, order_without_lines, insufficient_stock, by the database.
    """
    order_id, number = _id_or_number(reference)
    moved = await queries.update_order_status(
        tx, order_id=order_id, number=number, order_status=order_status, expected_status=expected_status
    )
    if moved is None:
        raise _no_order(reference)
    if expected_status is not None and moved.previous_status is not expected_status:
        raise StatusChanged(
            f"the order is {moved.previous_status}, not {expected_status}: read it again, then decide",
            order_status=moved.previous_status,
        )
    return moved


def _id_or_number(reference: str) -> tuple[UUID | None, str | None]:
    try:
        return UUID(reference), None
    except ValueError:
        return None, reference


def _no_order(reference: str) -> NotFound:
    return NotFound(f"there is no order {reference}", hint="find_order")
