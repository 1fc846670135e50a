"""Tools over orders."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from shared.domain.orders import service
from shared.domain.orders.models import (
    Address,
    CreatedOrder,
    MovedOrder,
    OrderDetail,
    OrderFilter,
    OrderStatus,
    OrderSummary,
    PaymentMode,
    RequestedLine,
)
from shared.kernel.clock import within_years, written
from shared.kernel.scalars import EXACT, WHOLE
from shared.platform.mcp.lists import ListArguments, Listing, fit_page
from shared.platform.mcp.registry import Arguments, ToolContext, WriteArguments, tool

OrderReference = Annotated[str, Field(min_length=1, max_length=100, description="UUID or order number (ORD-2026-001)")]


def _without_time(given: object) -> object:
    """Refuse a text with a time, which is not a day; midnight in another zone could be another day."""
    if isinstance(given, str) and len(given.strip()) > len("2026-01-31"):
        raise ValueError("a day must be YYYY-MM-DD")
    return given


Day = Annotated[date, BeforeValidator(_without_time)]
Moment = Annotated[
    Day | datetime,
    Field(union_mode="left_to_right"),
    BeforeValidator(written),
    AfterValidator(within_years),
    WithJsonSchema({"type": "string"}),
]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class OrderList(Listing[OrderSummary], frozen=True):
    pass


class ListOrders(ListArguments):
    order_status: OrderStatus | None = None
    customer_id: UUID | None = None
    order_number: Annotated[str | None, Field(min_length=1, max_length=100)] = Field(
        default=None, description="Or its beginning"
    )
    created_from: Moment | None = Field(default=None, description="Date or RFC 3339 time")
    created_to: Moment | None = Field(default=None, description="Likewise; includes its day")
    fields: (
        list[
            Literal[
                "order_number",
                "order_status",
                "customer_id",
                "customer_name",
                "total_amount",
                "currency",
                "payment_status",
                "awb_number",
            ]
        ]
        | None
    ) = Field(default=None, description="Only these")


@tool(scope="read", title="List orders")
async def nexus_list_orders(context: ToolContext, arguments: ListOrders) -> OrderList:
    """List orders, newest first; dates in the organization's time zone."""
    filters = OrderFilter(
        order_status=arguments.order_status,
        customer_id=arguments.customer_id,
        order_number=arguments.order_number,
        created_from=_start(arguments.created_from),
        created_below=_end(arguments.created_to),
    )
    page = await service.list_orders(context.tx, filters=filters, cursor=arguments.cursor, limit=arguments.limit)
    return fit_page(OrderList, page, fields=arguments.fields, cursor_of=service.cursor_of)


class GetOrder(Arguments):
    order_id: OrderReference


@tool(scope="read", title="Get an order")
async def nexus_get_order(context: ToolContext, arguments: GetOrder) -> OrderDetail:
    """Read one order: lines, timeline, customer, shipping and payment. next_statuses are its possible next steps."""
    return await service.get_order(context.tx, reference=arguments.order_id)


class LineArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    item_id: UUID | None = None
    sku: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    qty: Annotated[int, Field(ge=1, le=1_000_000), WHOLE]
    unit_price: Annotated[Decimal | None, Field(ge=0, le=99_999_999_999), EXACT] = Field(
        default=None, description="Default: selling_price"
    )

    @model_validator(mode="after")
    def _one_reference(self) -> Self:
        if (self.item_id is None) == (self.sku is None):
            raise ValueError("send one of item_id and sku")
        return self

    @property
    def reference(self) -> UUID | str:
        return self.item_id or self.sku or ""


class CreateOrder(WriteArguments):
    customer_id: UUID
    items: Annotated[
        list[LineArguments], Field(min_length=1, max_length=service.MAX_LINES, description="Each by item_id or sku")
    ]
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = Field(
        default=None, description="Default: organization's"
    )
    shipping_address: dict[Literal["line1", "line2", "city", "country"], Text] | None = Field(
        default=None, description="Default: contact's"
    )
    notes: Annotated[str | None, Field(max_length=5000)] = None
    payment_mode: PaymentMode = PaymentMode.COD


@tool(scope="write", title="Create an order")
async def nexus_create_order(context: ToolContext, arguments: CreateOrder) -> CreatedOrder:
    """Create a pending order with its lines; the total is computed. Stock is reserved when it is confirmed."""
    return await service.create_order(
        context.tx,
        customer_id=arguments.customer_id,
        lines=[RequestedLine(line.reference, line.qty, line.unit_price) for line in arguments.items],
        currency=arguments.currency,
        shipping_address=Address(**arguments.shipping_address) if arguments.shipping_address else None,
        notes=arguments.notes,
        payment_mode=arguments.payment_mode,
    )


class UpdateOrderStatus(WriteArguments):
    order_id: OrderReference
    order_status: OrderStatus
    expected_status: OrderStatus | None = Field(default=None, description="Refuse if it differs")


@tool(scope="write", title="Move an order", destructive=True, idempotent=True)
async def nexus_update_order_status(context: ToolContext, arguments: UpdateOrderStatus) -> MovedOrder:
    """Move an order one step: pending, confirmed (reserves stock), fulfilling, shipped (stock leaves), delivered;
    cancelled from any step before shipped.
    """
    return await service.update_order_status(
        context.tx,
        reference=arguments.order_id,
        order_status=arguments.order_status,
        expected_status=arguments.expected_status,
    )


def _start(given: date | datetime | None) -> datetime | None:
    """Return the first moment, without a time zone for a day: the database takes the organization's."""
    if given is None or isinstance(given, datetime):
        return given
    return datetime.combine(given, time())


def _end(given: date | datetime | None) -> datetime | None:
    """Return the first moment after the given day or time."""
    if given is None:
        return None
    if isinstance(given, datetime):
        return given + timedelta(microseconds=1)
    return datetime.combine(given + timedelta(days=1), time())
